"""What an account prints: statements for everybody; invoices, acts and VAT invoices for legal entities."""

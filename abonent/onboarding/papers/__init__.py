"""What is signed and handed over on paper: the contract, the act of connection, the letter with the password."""

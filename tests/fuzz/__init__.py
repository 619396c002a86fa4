"""What holds for the reading of any octets, asked of mails that chance makes."""

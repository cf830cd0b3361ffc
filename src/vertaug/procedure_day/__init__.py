"""The day of the procedure: from referral to discharge."""

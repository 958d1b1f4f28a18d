"""PeerPrep: practice for the Medi-Cal Peer Support Specialist exam. Imports nothing heavy."""

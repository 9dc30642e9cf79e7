"""Operations behind the commands: the rooms put together, for a stack next to its manifest."""

import "lacks-brace.tpp";

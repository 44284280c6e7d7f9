INSERT INTO joins SELECT node, other FROM edges ANTI JOIN joins USING (node, other)

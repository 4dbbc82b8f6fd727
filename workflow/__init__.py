"""How a table moves through its year: states, events, who may, deadlines, reviews, monitoring, evaluation."""

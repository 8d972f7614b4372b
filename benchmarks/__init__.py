"""Speed side by side: each module measures ours and an alternative in one run."""

"""监察 (supervision): checkpoints, clocks and alerts over every module; it reads everything and changes nothing."""

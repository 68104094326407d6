"""Projects (项目) and lots (标段): registration, statutory rules as dated data, the timetable, milestones."""

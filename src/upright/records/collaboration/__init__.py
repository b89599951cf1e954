"""What people add to any record: comments, attachments, tasks; and how their spreadsheets map to fields."""

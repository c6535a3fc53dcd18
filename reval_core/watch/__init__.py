"""What watches over the syncs and the screens: traces, alerts, and the messages about them."""

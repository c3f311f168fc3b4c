"""The front door's rooms: each subcommand joins console, backends and screens, lazily."""

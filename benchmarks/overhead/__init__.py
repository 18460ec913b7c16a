"""Where the server's time goes in a prepared vector query, without sockets and clients."""

"""`python -m vecsql`."""

from vecsql.cli import main

raise SystemExit(main())

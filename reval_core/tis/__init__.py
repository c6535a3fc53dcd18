"""TIS, the training body's own record: the client of its export of programme memberships."""

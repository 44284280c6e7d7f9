-- Schema 9. What people did about incidents is chained as what happened to rules is: each row has the hash of itself and all before it.
ALTER TABLE incident_events ADD COLUMN hash VARCHAR;          -- NULL in the first rows, where an earlier version wrote them

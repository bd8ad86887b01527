"""Migration: from the objects of one traffic layer to those of another.

The law of this room: pure, manifests in and manifests out. What is written means
what was written before; what cannot be said in the new words is never dropped in
silence, but named with its owner and, where there is one, with another way.
"""

from serinus.migrate.migration import Migration, Parent, Source, migrate, stable_ingresses
from serinus.migrate.routes import MigrationError, services_of

__all__ = ["Migration", "MigrationError", "Parent", "Source", "migrate", "services_of", "stable_ingresses"]

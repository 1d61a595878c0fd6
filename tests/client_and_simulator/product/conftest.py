"""The product's own fixtures, for rules that no test beside the product noticed."""

from tests.uku.conftest import (  # noqa: F401 - fixtures
    _quick_passwords,
    owner,
    process_environment,
    scope,
    workspace,
)
from tests.uku.integrations.fortnox.conftest import (  # noqa: F401 - fixtures
    _hurried,
    _no_collected_files,
    authorize,
    baseline,
    connection,
    db,
    fortnox,
    run_jobs,
    shop,
)

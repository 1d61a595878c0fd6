"""The paper-like invoice: values in (`content`), bytes out (`render`). Pure."""

#pragma once
/* Data files compiled into the program with #embed: no lookup beside the executable, no parsing by the Swift compiler. */
#include <stddef.h>

struct omni_resource {
    const unsigned char *_Nonnull bytes;
    size_t count;
};

/* data/providers.json: the provider catalogue of the specification, unchanged. */
struct omni_resource omni_resource_providers(void);

/* data/builtin.json: providers that exist only in this product, in the same format. */
struct omni_resource omni_resource_builtin(void);

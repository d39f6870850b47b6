#include "omni_resources.h"

/* #embed is C23; clang offers it in earlier modes as an extension and says so. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char providers[] = {
#embed "data/providers.json"
};

static const unsigned char builtin[] = {
#embed "data/builtin.json"
};

struct omni_resource omni_resource_providers(void) {
    return (struct omni_resource){providers, sizeof providers};
}

struct omni_resource omni_resource_builtin(void) {
    return (struct omni_resource){builtin, sizeof builtin};
}

/* libFuzzer used as a library, because SwiftPM insists on a main function of ours. */
#ifndef OMNI_CLIBFUZZER_H
#define OMNI_CLIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(
    int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
    int (*_Nonnull test_one_input)(const uint8_t *_Nullable data, size_t size));

#endif

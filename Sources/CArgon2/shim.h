#pragma once
/* The reference implementation of Argon2. */
#include <argon2.h>

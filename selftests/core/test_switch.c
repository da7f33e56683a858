// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"
const struct test switch_tests[] = { { 0 } };

// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"
const struct test admin_tests[] = { { 0 } };

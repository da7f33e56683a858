/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, in user space. */
#ifndef FUZZ_KUNIT_VISIBILITY_H
#define FUZZ_KUNIT_VISIBILITY_H

#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#endif

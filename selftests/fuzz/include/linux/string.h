/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, in user space. */
#ifndef FUZZ_LINUX_STRING_H
#define FUZZ_LINUX_STRING_H

#include <string.h>

static inline const void *memchr_inv(const void *start, int c, size_t n)
{
	const unsigned char *p = start;

	for (; n; n--, p++)
		if (*p != (unsigned char)c)
			return p;
	return NULL;
}

#endif

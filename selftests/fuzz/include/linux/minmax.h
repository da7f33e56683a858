/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, in user space. */
#ifndef FUZZ_LINUX_MINMAX_H
#define FUZZ_LINUX_MINMAX_H

#define FUZZ_PICK(type, a, b, op) ({	\
	type a_ = (a);			\
	type b_ = (b);			\
					\
	a_ op b_ ? a_ : b_;		\
})

#define min(a, b)		FUZZ_PICK(__typeof__(a), a, b, <)
#define max(a, b)		FUZZ_PICK(__typeof__(a), a, b, >)
#define min_t(type, a, b)	FUZZ_PICK(type, a, b, <)
#define max_t(type, a, b)	FUZZ_PICK(type, a, b, >)

#endif

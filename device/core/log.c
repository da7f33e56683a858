// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: lines of text for the host's log.
 */
#include <stdarg.h>
#include <stdio.h>

#include "svnic_core_priv.h"
#include "svnic_core_work.h"

void svnic_log(struct svnic_core *core, const char *fmt, ...)
{
	char line[128];
	va_list args;

	if (!core->ops.log)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	core->ops.log(core->host, line);
}

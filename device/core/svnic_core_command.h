/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: commands (command.c, admin.c).
 */
#ifndef SVNIC_CORE_COMMAND_H
#define SVNIC_CORE_COMMAND_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;

/**
 * struct svnic_cmd_rule - format of a command
 * @run: executes it, for the function that it is about; @data are the bytes
 *	that were read from the data buffer or that are to be written there
 * @params: number of bytes of struct svnic_cmd.params that are used
 * @vport: the command is about a vport
 * @vf: the vport must be that of a VF
 * @read_min: number of bytes that it reads at least from the data buffer
 * @read_max: number of bytes that it reads at most, 0 if it reads none
 * @write: number of bytes that it writes to the data buffer
 * @needs: feature without which the command does not exist
 */
struct svnic_cmd_rule {
	enum svnic_error (*run)(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_cmd *cmd, void *data);
	uint8_t		params;
	bool		vport;
	bool		vf;
	uint16_t	read_min;
	uint16_t	read_max;
	uint16_t	write;
	uint64_t	needs;
};

/* Commands with opcodes from here on are about the function that sends them. */
#define SVNIC_CMD_OWN		0x100

/* command.c */
void svnic_cmd_start(struct svnic_fn *fn, uint32_t size);
void svnic_cmd_prod(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t prod);
void svnic_cmd_run(struct svnic_core *core, struct svnic_fn *fn);

/* admin.c */
const struct svnic_cmd_rule *svnic_admin_rule(uint16_t opcode);

#endif /* SVNIC_CORE_COMMAND_H */

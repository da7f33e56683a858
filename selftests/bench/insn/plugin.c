// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU plugin: counts the instructions of the kernel that each vCPU executes,
 * by the address of their translation block.
 *
 * The guest marks begin and end. "nopl MARK + n(%rax)" in user mode does
 * nothing on a CPU; here n = 0 begins a count, and n = 1 ends it and writes the
 * results to OUT/insn, before the next instruction is executed: a line per
 * block, with its address and the number of instructions on each vCPU.
 *
 * Instructions are counted one by one: an access to a device register leaves
 * its block, and the instructions behind it are in another one. An instruction
 * that faults is executed twice, and "rep" is one instruction.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <qemu-plugin.h>

#define BLOCKS		(1 << 18)	/* the first one is for what is beyond */
#define KERNEL		(1ULL << 63)
#define MARK		0x53564e00
#define NOPL_SIZE	7

struct block {
	uint64_t addr;
	uint64_t *begin;	/* counts when the guest said so, per vCPU */
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct qemu_plugin_scoreboard *counts;
static GMutex lock;
static GHashTable *index_of;
static struct block *blocks;
static size_t used = 1;
static int vcpus;
static char *out;

static qemu_plugin_u64 counter(size_t block)
{
	return (qemu_plugin_u64){ counts, block * sizeof(uint64_t) };
}

static void begin(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	g_mutex_lock(&lock);
	for (size_t i = 0; i < used; i++) {
		if (!blocks[i].begin)
			blocks[i].begin = g_new0(uint64_t, vcpus);
		for (int cpu = 0; cpu < vcpus; cpu++)
			blocks[i].begin[cpu] =
				qemu_plugin_u64_get(counter(i), cpu);
	}
	g_mutex_unlock(&lock);
}

static void end(unsigned int vcpu, void *data)
{
	g_autofree char *path = g_build_filename(out, "insn", NULL);
	uint64_t *delta = g_newa(uint64_t, vcpus);
	FILE *file = fopen(path, "w");

	(void)vcpu;
	(void)data;
	if (!file) {
		perror(path);
		return;
	}
	g_mutex_lock(&lock);
	for (size_t i = 0; i < used; i++) {
		uint64_t any = 0;

		for (int cpu = 0; cpu < vcpus; cpu++) {
			delta[cpu] = qemu_plugin_u64_get(counter(i), cpu);
			if (blocks[i].begin)
				delta[cpu] -= blocks[i].begin[cpu];
			any |= delta[cpu];
		}
		if (!any)
			continue;
		fprintf(file, "%" PRIx64, blocks[i].addr);
		for (int cpu = 0; cpu < vcpus; cpu++)
			fprintf(file, " %" PRIu64, delta[cpu]);
		fputc('\n', file);
	}
	g_mutex_unlock(&lock);
	fclose(file);
}

/* The counter of a block, which is the same for each translation. */
static size_t block_index(uint64_t addr)
{
	gpointer found;
	size_t index;

	g_mutex_lock(&lock);
	found = g_hash_table_lookup(index_of, (gpointer)addr);
	index = GPOINTER_TO_SIZE(found);
	if (!found && used < BLOCKS) {
		index = used++;
		blocks[index].addr = addr;
		g_hash_table_insert(index_of, (gpointer)addr,
				    GSIZE_TO_POINTER(index));
	}
	g_mutex_unlock(&lock);
	return index;
}

static void kernel_block(struct qemu_plugin_tb *tb, size_t index)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
			qemu_plugin_tb_get_insn(tb, i),
			QEMU_PLUGIN_INLINE_ADD_U64, counter(index), 1);
}

static void user_block(struct qemu_plugin_tb *tb)
{
	static const uint8_t nopl[] = { 0x0f, 0x1f, 0x80 };

	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint8_t code[NOPL_SIZE];
		uint32_t mark;

		if (qemu_plugin_insn_size(insn) != sizeof(code))
			continue;
		qemu_plugin_insn_data(insn, code, sizeof(code));
		memcpy(&mark, code + sizeof(nopl), sizeof(mark));
		mark = GUINT32_FROM_LE(mark);
		if (memcmp(code, nopl, sizeof(nopl)) || mark >> 1 != MARK >> 1)
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn,
						       mark & 1 ? end : begin,
						       QEMU_PLUGIN_CB_NO_REGS,
						       NULL);
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);

	(void)id;
	if (addr & KERNEL)
		kernel_block(tb, block_index(addr));
	else
		user_block(tb);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	if (argc != 1 || !g_str_has_prefix(argv[0], "out=") ||
	    !info->system_emulation) {
		fputs("plugin insn: out=DIR, and a machine\n", stderr);
		return -1;
	}
	out = g_strdup(argv[0] + strlen("out="));
	vcpus = info->system.smp_vcpus;
	blocks = g_new0(struct block, BLOCKS);
	index_of = g_hash_table_new(NULL, NULL);
	counts = qemu_plugin_scoreboard_new(BLOCKS * sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

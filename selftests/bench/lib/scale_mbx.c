// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale_mbx BDF...
 *
 * Uses VFs through VFIO, as VMMs do for guests, and sends requests to the PF by
 * all mailboxes at the same time. VFs of one kernel could not do that, since
 * rtnl allows only one request at a time.
 *
 * A line "VFS BURSTS" on standard input makes the first VFS of them send BURSTS
 * requests: each time all post a request, and then wait for the answers. A VF
 * requests alternately to add and to delete a VLAN, so that the PF must decide
 * and program the NIC. The answer is a line of JSON: microseconds of each
 * request, and of all bursts together. The program ends at the end of the
 * input.
 *
 * It polls with CPU time that no other program needs, so that it does not delay
 * the PF's driver.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <err.h>
#include <net/ethernet.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <svnic/svnic_desc.h>
#include <svnic/svnic_mbx.h>
#include <svnic/svnic_regs.h>

#include "vfio.h"

#define THREADS		16
#define TIMEOUT_S	60
#define VID		100

/* Memory of a VF, and its address for the device. */
#define MEM_SIZE	4096u
#define MEM_IOVA	0x10000000ull
#define MEM_EVQ		0
#define MEM_MBX		2048
#define EVQ_SIZE	64u

struct vf {
	const char *bdf;
	int group, device;
	struct vfio_bar bar;
	uint8_t *mem;
	uint64_t iova;
	uint32_t evq_cons, cookie;
	bool has_vlan;
	uint64_t posted;	/* when, ns */
	uint32_t took;		/* us */
};

static struct vf vfs[SVNIC_VF_LIMIT];
static unsigned int count;
static int container;

static uint32_t rd(const struct vf *vf, uint32_t reg)
{
	return le32toh(*(volatile uint32_t *)(vf->bar.at + reg));
}

static void wr(const struct vf *vf, uint32_t reg, uint32_t val)
{
	*(volatile uint32_t *)(vf->bar.at + reg) = htole32(val);
}

static void wr_addr(const struct vf *vf, uint32_t reg, uint32_t offset)
{
	wr(vf, reg, vf->iova + offset);
	wr(vf, reg + 4, (vf->iova + offset) >> 32);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void bound(const struct vf *vf, uint64_t since, const char *what)
{
	if (now() - since > TIMEOUT_S * 1000000000ull)
		errx(1, "%s: no %s within %u s", vf->bdf, what, TIMEOUT_S);
}

/* One page for each VF. */
static void map_memory(void)
{
	uint8_t *mem = vfio_map_memory(container, MEM_IOVA,
				       (uint64_t)count * MEM_SIZE);
	unsigned int i;

	for (i = 0; i < count; i++) {
		vfs[i].mem = mem + i * MEM_SIZE;
		vfs[i].iova = MEM_IOVA + i * MEM_SIZE;
	}
}

/* VFIO has reset it; the rest is spec 3.2. */
static void vf_open(struct vf *vf)
{
	uint64_t start = now();

	vf->device = vfio_open_device(vf->group, vf->bdf);
	vf->bar = vfio_map_bar(vf->device, vf->bdf, VFIO_PCI_BAR0_REGION_INDEX);
	while (!(rd(vf, SVNIC_REG_STATUS) & SVNIC_STATUS_READY)) {
		bound(vf, start, "READY");
		usleep(1000);
	}
	wr(vf, SVNIC_REG_ACCEPT_LO, (uint32_t)SVNIC_F_MAILBOX);
	wr(vf, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr_addr(vf, SVNIC_REG_EVQ_BASE_LO, MEM_EVQ);
	wr(vf, SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr_addr(vf, SVNIC_REG_MBX_BASE_LO, MEM_MBX);
}

static void vf_close(struct vf *vf)
{
	munmap((void *)vf->bar.at, vf->bar.size);
	close(vf->device);
}

static void post(struct vf *vf, uint16_t opcode, const void *body, size_t len)
{
	struct svnic_mbx_hdr hdr = {
		.opcode = htole16(opcode),
		.len = htole16(sizeof(hdr) + len),
		.cookie = htole32(++vf->cookie),
	};

	memcpy(vf->mem + MEM_MBX, &hdr, sizeof(hdr));
	memcpy(vf->mem + MEM_MBX + sizeof(hdr), body, len);
	vf->posted = now();
	wr(vf, SVNIC_REG_MBX_DB, sizeof(hdr) + len);
}

static void post_vlan(struct vf *vf)
{
	struct {
		struct svnic_mbx_vlans list;
		__le16 vid;
	} body = {
		.list.count = htole16(1),
		.list.proto = htole16(ETHERTYPE_VLAN),
		.vid = htole16(VID),
	};

	post(vf, vf->has_vlan ? SVNIC_MBX_VLAN_DEL : SVNIC_MBX_VLAN_ADD, &body,
	     sizeof(body));
	vf->has_vlan = !vf->has_vlan;
}

/* True if the answer has arrived; other events are ignored. */
static bool answered(struct vf *vf)
{
	volatile struct svnic_event *ev;
	const struct svnic_mbx_hdr *hdr;
	uint32_t slot;

	for (;;) {
		slot = vf->evq_cons & (EVQ_SIZE - 1);
		ev = (struct svnic_event *)(vf->mem + MEM_EVQ) + slot;
		if ((ev->flags & SVNIC_EVENT_PHASE) ==
		    !!(vf->evq_cons & EVQ_SIZE))
			return false;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		vf->evq_cons++;
		if (ev->type == SVNIC_EVENT_MBX_REPLY)
			break;
	}
	vf->took = (now() - vf->posted) / 1000;
	hdr = (void *)(vf->mem + MEM_MBX + SVNIC_MBX_REPLY_OFFSET);
	if (le32toh(hdr->cookie) != vf->cookie || hdr->status)
		errx(1, "%s: request %u gets status %u", vf->bdf,
		     le16toh(hdr->opcode), le16toh(hdr->status));
	return true;
}

/* Waits for all answers; returns the time from the first request, us. */
static uint64_t wait_answers(unsigned int n)
{
	unsigned int waiting[SVNIC_VF_LIMIT], left = n, i, w;

	for (i = 0; i < n; i++)
		waiting[i] = i;
	while (left) {
		for (i = 0, w = 0; i < left; i++)
			if (!answered(&vfs[waiting[i]]))
				waiting[w++] = waiting[i];
		left = w;
		if (left)
			bound(&vfs[waiting[0]], vfs[waiting[0]].posted,
			      "answer");
	}
	return (now() - vfs[0].posted) / 1000;
}

static void consume(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		wr(&vfs[i], SVNIC_REG_EVQ_CONS, vfs[i].evq_cons);
}

static void agree(void)
{
	struct svnic_mbx_version version = {
		.min = htole16(SVNIC_MBX_VERSION_MIN),
		.max = htole16(SVNIC_MBX_VERSION_MAX),
	};
	unsigned int i;

	for (i = 0; i < count; i++)
		post(&vfs[i], SVNIC_MBX_VERSION, &version, sizeof(version));
	wait_answers(count);
	consume(count);
}

static void ask(unsigned int n, unsigned int bursts)
{
	uint64_t elapsed = 0;
	const char *sep = "";
	unsigned int i;

	printf("{\"us\": [");
	while (bursts--) {
		for (i = 0; i < n; i++)
			post_vlan(&vfs[i]);
		elapsed += wait_answers(n);
		consume(n);
		for (i = 0; i < n; i++, sep = ", ")
			printf("%s%u", sep, vfs[i].took);
	}
	printf("], \"elapsed_us\": %llu}\n", (unsigned long long)elapsed);
	fflush(stdout);
}

/* VFIO resets a VF when it is opened and closed, which takes time. */
static void (*each)(struct vf *vf);

static void *run_each(void *next)
{
	unsigned int i;

	while ((i = __atomic_fetch_add((unsigned int *)next, 1,
				       __ATOMIC_RELAXED)) < count)
		each(&vfs[i]);
	return NULL;
}

static void for_all(void (*func)(struct vf *vf))
{
	pthread_t threads[THREADS];
	unsigned int next = 0, i;

	each = func;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run_each, &next))
			errx(1, "no thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	struct sched_param param = { 0 };
	unsigned int n, bursts, i;

	count = argc - 1;
	if (!count || count > SVNIC_VF_LIMIT)
		errx(2, "usage: %s BDF...", argv[0]);
	container = vfio_open_container();
	for (i = 0; i < count; i++) {
		vfs[i].bdf = argv[1 + i];
		vfs[i].group = vfio_open_group(container, vfs[i].bdf, !i);
	}
	map_memory();
	for_all(vf_open);
	agree();
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		err(1, "SCHED_IDLE");
	fprintf(stderr, "ready\n");
	while (scanf("%u %u", &n, &bursts) == 2) {
		if (n < 1 || n > count)
			errx(2, "1 to %u VFs", count);
		ask(n, bursts);
	}
	if (sched_setscheduler(0, SCHED_OTHER, &param))
		err(1, "SCHED_OTHER");
	for_all(vf_close);
	return 0;
}

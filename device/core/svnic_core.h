/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the interface to its host. The core is the
 * NIC of Documentation/svnic-spec.rst without PCI configuration space; the
 * host is an emulator shim, a test or a fuzzer.
 *
 * Threads: the host serialises all calls on one core, with one exception:
 * svnic_core_doorbell() may be called from any thread at any time. The core
 * calls the host's ops only from within a call of the host.
 */
#ifndef SVNIC_CORE_H
#define SVNIC_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svnic/svnic_regs.h>
#include <svnic/svnic_desc.h>
#include <svnic/svnic_admin.h>
#include <svnic/svnic_mbx.h>

/* Function numbers are vport numbers: 0 is the PF, 1 + n is VF n. */

/**
 * struct svnic_frame - a frame that is passed between core and host
 * @data: contiguous bytes from the destination address on, without FCS; a VLAN
 *	tag is part of them
 * @len: number of bytes, up to SVNIC_FRAME_BUF
 * @csum_partial: the L4 checksum field holds the pseudo-header sum only; a
 *	receiver that needs the complete checksum computes it
 * @csum_start: where the L4 header starts, with @csum_partial or @gso_size
 * @csum_offset: offset of the checksum field from @csum_start
 * @gso_size: TCP payload of each segment if the frame is still to be split
 *	(always with @csum_partial), else 0
 * @hdr_len: length of all headers in bytes, with @gso_size
 * @l3_start: where the IP header starts, with @gso_size
 */
struct svnic_frame {
	const uint8_t	*data;
	uint32_t	len;
	bool		csum_partial;
	uint16_t	csum_start;
	uint16_t	csum_offset;
	uint16_t	gso_size;
	uint16_t	hdr_len;
	uint16_t	l3_start;
};

#define SVNIC_FRAME_BUF		(65536 + 256)
#define SVNIC_TAGS_MAX		3	/* port VLAN's and two of the guest */

/**
 * struct svnic_host_ops - functions of the host that the core calls
 *
 * Accesses of one function to host memory take place in the order in which they
 * are made. The bytes of one access may become visible in any order, but each
 * aligned word of four bytes is read and written as a whole.
 *
 * @dma_read: read host memory with function @fn's requester id; 0 or -1
 * @dma_write: write host memory with function @fn's requester id; 0 or -1
 * @dma_publish: like @dma_write, but the word at offset @last of @buf becomes
 *	visible after all others
 * @irq: send MSI-X message @vector of @fn (the host handles mask and pending)
 * @irq_clear: discard the messages of @fn that were not sent yet, for vectors
 *	from @first on; this includes those that are pending because of a mask
 * @now: monotonic time in nanoseconds
 * @kick: svnic_core_run() has work to do; called from svnic_core_doorbell()
 *	too, so it must be safe in any thread
 * @wire_tx: send a frame. False: the wire is busy, the core offers the frame
 *	again in a later svnic_core_run(); the host calls that when the wire can
 *	take a frame again. The frame is only valid during the call.
 * @log: a line of text about an error of a driver; may be NULL
 */
struct svnic_host_ops {
	int (*dma_read)(void *host, unsigned int fn, uint64_t addr,
			void *buf, size_t len);
	int (*dma_write)(void *host, unsigned int fn, uint64_t addr,
			 const void *buf, size_t len);
	int (*dma_publish)(void *host, unsigned int fn, uint64_t addr,
			   const void *buf, size_t len, size_t last);
	void (*irq)(void *host, unsigned int fn, unsigned int vector);
	void (*irq_clear)(void *host, unsigned int fn, unsigned int first);
	uint64_t (*now)(void *host);
	void (*kick)(void *host);
	bool (*wire_tx)(void *host, const struct svnic_frame *frame);
	void (*log)(void *host, const char *msg);
};

/**
 * struct svnic_core_config - size of the NIC
 * @vf_max: number of VFs, 0..SVNIC_VF_LIMIT
 * @pf_queues: queue pairs of the PF, 1..32
 * @vf_queues: queue pairs for which a VF's BAR has space, 1..16
 * @mac_filters: number of address filters in the pool
 * @vlan_filters: number of VLAN filters in the pool
 * @flow_rules: number of flow rules in the pool
 * @rss_contexts: number of RSS contexts in the pool
 * @mac: permanent address of the PF
 * @wire_gso: the wire takes unsplit large segments (gso_size != 0)
 * @wire_csum: the wire takes frames with csum_partial
 * @link_speed: Mb/s shown in SVNIC_REG_LINK, and the maximum rate to the wire;
 *	0: not known, no maximum
 * @serial: serial number, text
 */
struct svnic_core_config {
	unsigned int	vf_max;
	unsigned int	pf_queues;
	unsigned int	vf_queues;
	unsigned int	mac_filters;
	unsigned int	vlan_filters;
	unsigned int	flow_rules;
	unsigned int	rss_contexts;
	uint8_t		mac[6];
	bool		wire_gso;
	bool		wire_csum;
	uint32_t	link_speed;
	char		serial[16];
};

struct svnic_core;

struct svnic_core *svnic_core_new(const struct svnic_core_config *config,
				  const struct svnic_host_ops *ops, void *host);
void svnic_core_free(struct svnic_core *core);

/* Size of BAR0 of a function in bytes; a power of two. */
uint64_t svnic_core_bar_size(const struct svnic_core *core, unsigned int fn);
/* Number of entries in the MSI-X table of a function. */
unsigned int svnic_core_vectors(const struct svnic_core *core, unsigned int fn);
/* Number of vectors granted to a function. */
unsigned int svnic_core_granted(const struct svnic_core *core, unsigned int fn);

uint64_t svnic_core_mmio_read(struct svnic_core *core, unsigned int fn,
			      uint64_t addr, unsigned int size);
void svnic_core_mmio_write(struct svnic_core *core, unsigned int fn,
			   uint64_t addr, uint64_t val, unsigned int size);
/*
 * A write to the doorbell pages of BAR0, without the host's lock. Returns true
 * if @addr is in these pages and the write is done; if false, the host calls
 * svnic_core_mmio_write().
 */
bool svnic_core_doorbell(struct svnic_core *core, unsigned int fn,
			 uint64_t addr, uint64_t val, unsigned int size);

/* Hot or Conventional Reset: the whole device is as after power-on. */
void svnic_core_power_on(struct svnic_core *core);
/* Function level reset: on return the function does no DMA, sends no MSI-X. */
void svnic_core_flr(struct svnic_core *core, unsigned int fn);
/* VF Enable or NumVFs changed in configuration space; 0: no VFs. */
void svnic_core_set_vfs(struct svnic_core *core, unsigned int num_vfs);
void svnic_core_set_link(struct svnic_core *core, bool up);
/*
 * The state of a VF: everything that its driver has set up, and its counters.
 * The vport and READY are not part of it: the PF configures the vport, and
 * enables it, before the state is loaded.
 *
 * svnic_core_save() writes the state and returns its length in bytes, or 0 if
 * @len is too small. Without @data it only returns the length. With @data it
 * also writes the completions of received frames that are not written yet.
 *
 * svnic_core_load() loads a state into a VF that is READY and not ENABLED.
 * Returns false, and changes nothing, if the VF is in another condition or the
 * state does not fit it. A frame with many receivers that was partly sent when
 * the state was saved may reach some of them twice.
 */
size_t svnic_core_save(struct svnic_core *core, unsigned int fn, void *data,
		       size_t len);
bool svnic_core_load(struct svnic_core *core, unsigned int fn,
		     const void *data, size_t len);
/*
 * For tests of drivers: writes any event to the event ring, with the correct
 * phase. Does nothing if the event ring is full or does not run.
 */
void svnic_core_event(struct svnic_core *core, unsigned int fn,
		      const struct svnic_event *event);

/*
 * A frame from the wire. Returns false if it has more receivers than one call
 * can serve: the host then passes the same frame again, and no other, after the
 * next svnic_core_run().
 */
bool svnic_core_wire_rx(struct svnic_core *core,
			const struct svnic_frame *frame);

/*
 * Does the work that is due, within a budget. Returns the time (as ops->now) at
 * which the host calls again if there is no kick before: 0 at once, UINT64_MAX
 * never.
 */
uint64_t svnic_core_run(struct svnic_core *core);

#endif /* SVNIC_CORE_H */

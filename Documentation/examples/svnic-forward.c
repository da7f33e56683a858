// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * svnic-forward BDF BDF
 *
 * A driver of SV-NIC in user space, as small as one can be: it takes two VFs
 * by VFIO, polls them, and sends each frame that comes in at one out of the
 * other, as a bump in the wire does. SIGINT or SIGTERM ends it. It is an
 * example to begin a real driver from, a poll mode driver of DPDK or VPP, say.
 * It needs libc, the kernel's headers and uapi/ alone:
 *
 *	cc -O2 -I uapi -o svnic-forward Documentation/examples/svnic-forward.c
 *
 * Both VFs are bound to vfio-pci. What they forward has a source address of
 * somebody else and is for somebody else, which the administrator has to allow.
 * And the two must not be on one network, or a broadcast goes round for ever:
 *
 *	ip link set PF vf 0 vlan 10 spoofchk off trust on
 *	ip link set PF vf 1 vlan 20 spoofchk off trust on
 *
 * Sections in these comments are those of ../svnic-spec.rst. Nothing that the
 * device writes is believed before it was looked at (13.4): a device that is
 * wrong ends this program and nothing else. Whatever ends it, the kernel then
 * resets the VFs.
 *
 * The memory that a device and this program share is coherent under VFIO, and
 * C11's orders between CPUs are taken for those between CPU and device. That
 * holds on x86, and where DMA belongs to the CPUs' domain of coherence; on
 * others the barriers of the kernel that 4.5 names have to stand here.
 */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <svnic/svnic_desc.h>
#include <svnic/svnic_mbx.h>
#include <svnic/svnic_regs.h>

/* Each device can do with these: 3.1 bounds what it may announce. */
#define BUF_SIZE	2048
#define FRAME_MAX	(ETH_FRAME_LEN + 8)	/* behind two tags: 5.5 */
#define EVQ_SIZE	16
#define RING_MIN	64
/* Both rings of both VFs have this many entries, or what the devices can do. */
#define RING_MAX	512

#define BURST		32
#define IDLE_ROUNDS	1000
#define IDLE_US		50
#define BOUND_MS	1000	/* for what takes at most 100 (11.7) */
#define PAUSE_US	1000

#define UP		(SVNIC_STATUS_READY | SVNIC_STATUS_ENABLED)

/* Addresses that x86 does not keep, the same for both devices. */
#define IOVA		0x10000000
#define AREA_SIZE	0x200000

/* What a VF shares with its device, aligned as 4.1, 6 and 8.1 want it. */
struct area {
	_Alignas(256) uint8_t mbx[SVNIC_MBX_BUF_LEN];
	_Alignas(128) struct svnic_queue_state state;
	_Alignas(64) struct svnic_event events[EVQ_SIZE];
	_Alignas(64) struct svnic_tx_desc tx[RING_MAX];
	_Alignas(64) struct svnic_rx_desc rx[RING_MAX];
	_Alignas(64) struct svnic_rx_cmpl cmpl[RING_MAX];
	_Alignas(64) uint8_t bufs[RING_MAX][BUF_SIZE];
};

_Static_assert(sizeof(struct area) <= AREA_SIZE, "area");

/*
 * One half of the queue pair. Indices run freely (4.3); those below @told the
 * device knows of. @shown and @kick are in the state block (4.4).
 */
struct half {
	uint32_t prod, told, cons;
	uint32_t doorbell;
	__le32 *shown;
	const __le32 *kick;
};

/*
 * A frame is not copied: a buffer of one VF is what the other one sends, which
 * gives it back. So a transmit ring has room for all buffers that there are.
 * Which buffer an entry stands for is kept here, where no device can write.
 */
struct vf {
	const char *bdf;
	char group_path[PATH_MAX];
	int group;
	uint8_t *regs;
	uint64_t regs_len;
	struct area *mem;
	uint64_t iova;
	bool event_idx, ask_again;
	uint32_t evq_cons;
	/* of the request that is under way; no opcode if none is */
	uint32_t opcode, cookie, reply_len;
	struct svnic_mbx_config config;
	struct half tx, rx;
	uint32_t posted[RING_MAX];
	struct {
		uint32_t buf, len;
	} sent[RING_MAX];
	/* of what went out here */
	unsigned long long frames, bytes, dropped, old_frames, old_bytes;
};

static struct vf vfs[2];
static uint32_t ring_size = RING_MAX;
static int stop;

static void on_signal(int signal)
{
	__atomic_store_n(&stop, signal, __ATOMIC_RELAXED);
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/* Registers: little endian words of 4 bytes (2.7). */
static uint32_t rd(struct vf *vf, uint32_t reg)
{
	uint32_t val = *(volatile uint32_t *)(vf->regs + reg);

	/* 3.1: a device that is gone */
	if (val == UINT32_MAX && reg == SVNIC_REG_MAGIC)
		errx(1, "%s is gone", vf->bdf);
	if (val == UINT32_MAX)
		rd(vf, SVNIC_REG_MAGIC);
	return le32toh(val);
}

static void wr(struct vf *vf, uint32_t reg, uint32_t val)
{
	*(volatile uint32_t *)(vf->regs + reg) = htole32(val);
}

/* The address where the device sees something of the VF's area. */
static uint64_t bus(const struct vf *vf, const void *what)
{
	return vf->iova + ((const uint8_t *)what - (const uint8_t *)vf->mem);
}

static void wr_addr(struct vf *vf, uint32_t reg, const void *what)
{
	wr(vf, reg, bus(vf, what));
	wr(vf, reg + 4, bus(vf, what) >> 32);
}

/* Wait for what takes at most so long (11.7). */
static void wait_bound(struct vf *vf, uint32_t reg, uint32_t mask)
{
	uint64_t end = now_ms() + BOUND_MS;
	bool late = false;

	while (rd(vf, reg) & mask) {
		if (late)
			errx(1, "%s: register %#x does not change", vf->bdf,
			     reg);
		usleep(PAUSE_US);
		late = now_ms() > end;
	}
}

static void open_groups(int container)
{
	char link[PATH_MAX], to[PATH_MAX];
	struct vf *vf;
	ssize_t len;

	for (vf = vfs; vf < vfs + 2; vf++) {
		snprintf(link, sizeof(link),
			 "/sys/bus/pci/devices/%s/iommu_group", vf->bdf);
		len = readlink(link, to, sizeof(to) - 1);
		if (len < 0)
			errx(1, "%s: no such function, or no IOMMU", vf->bdf);
		to[len] = 0;
		snprintf(vf->group_path, sizeof(vf->group_path), "/dev/vfio%s",
			 strrchr(to, '/'));
		/* both may be in one group */
		if (!strcmp(vfs[0].group_path, vf->group_path) && vf != vfs) {
			vf->group = vfs[0].group;
			continue;
		}
		vf->group = open(vf->group_path, O_RDWR);
		if (vf->group < 0)
			errx(1, "%s: %s: %s; is it bound to vfio-pci?", vf->bdf,
			     vf->group_path, strerror(errno));
		/* not permitted, if others of the group have drivers */
		if (ioctl(vf->group, VFIO_GROUP_SET_CONTAINER, &container))
			err(1, "%s: %s", vf->bdf, vf->group_path);
		if (vf == vfs &&
		    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
			err(1, "IOMMU");
	}
}

/* Memory for a VF; one container, so both devices see it at its address. */
static void map_area(int container, struct vf *vf)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = vf->iova,
		.size = AREA_SIZE,
	};

	vf->mem = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vf->mem == MAP_FAILED)
		err(1, "memory");
	map.vaddr = (uintptr_t)vf->mem;
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
		err(1, "%s: memory for DMA", vf->bdf);
}

/*
 * BAR0, and leave for DMA. BAR2 has nothing but the MSI-X table (2.2), and no
 * interrupt is wanted here.
 */
static void open_device(struct vf *vf)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	struct vfio_region_info bar = {
		.argsz = sizeof(bar),
		.index = VFIO_PCI_BAR0_REGION_INDEX + SVNIC_BAR_REGS,
	};
	__le16 command;
	int device;

	device = ioctl(vf->group, VFIO_GROUP_GET_DEVICE_FD, vf->bdf);
	if (device < 0)
		err(1, "%s: vfio", vf->bdf);
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pread(device, &command, 2, config.offset + PCI_COMMAND) != 2)
		err(1, "%s: configuration space", vf->bdf);
	command |= htole16(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (pwrite(device, &command, 2, config.offset + PCI_COMMAND) != 2)
		err(1, "%s: configuration space", vf->bdf);
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar) ||
	    !(bar.flags & VFIO_REGION_INFO_FLAG_MMAP) ||
	    bar.size < SVNIC_QCFG(1, 0))
		errx(1, "%s: no BAR0 of an SV-NIC", vf->bdf);
	vf->regs_len = bar.size;
	vf->regs = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			device, bar.offset);
	if (vf->regs == MAP_FAILED)
		err(1, "%s: BAR0", vf->bdf);
}

/* Section 6: all events that have come. */
static void take_events(struct vf *vf)
{
	struct svnic_event *event;
	uint8_t phase, type;
	uint32_t data;

	for (;; wr(vf, SVNIC_REG_EVQ_CONS, ++vf->evq_cons)) {
		event = &vf->mem->events[vf->evq_cons & (EVQ_SIZE - 1)];
		phase = !((vf->evq_cons / EVQ_SIZE) & 1);
		if ((__atomic_load_n(&event->flags, __ATOMIC_ACQUIRE) &
		     SVNIC_EVENT_PHASE) != phase)
			return;
		type = __atomic_load_n(&event->type, __ATOMIC_RELAXED);
		data = le32toh(__atomic_load_n(&event->data, __ATOMIC_RELAXED));
		if (type == SVNIC_EVENT_MBX_REPLY)
			vf->reply_len = data;
		else if (type == SVNIC_EVENT_QUEUE_ERROR)
			errx(1, "%s: %s ring stopped, error %u (12.1)", vf->bdf,
			     data & SVNIC_QUEUE_ERROR_RX ? "receive" :
			     "transmit", data >> SVNIC_QUEUE_ERROR_CODE_SHIFT &
			     SVNIC_QUEUE_ERROR_CODE_MASK);
		else if (type == SVNIC_EVENT_FATAL)
			errx(1, "%s: the device failed", vf->bdf);
		else if (type == SVNIC_EVENT_NOTIFY &&
			 data & SVNIC_NOTIFY_RESET)
			errx(1, "%s: the PF wants a reset; start again",
			     vf->bdf);
		else if (type == SVNIC_EVENT_NOTIFY)
			vf->ask_again = true;
		/* others are of no use here, or not known (1.5) */
	}
}

/* Section 8: send a request. The last one is answered, and the buffer free. */
static void ask(struct vf *vf, uint16_t opcode, const void *body, size_t len)
{
	struct svnic_mbx_hdr hdr = {
		.opcode = htole16(opcode),
		.len = htole16(sizeof(hdr) + len),
		.cookie = htole32(++vf->cookie),
	};

	vf->opcode = opcode;
	vf->reply_len = 0;
	memcpy(vf->mem->mbx, &hdr, sizeof(hdr));
	memcpy(vf->mem->mbx + sizeof(hdr), body, len);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wr(vf, SVNIC_REG_MBX_DB, sizeof(hdr) + len);
}

/*
 * Take the answer, with @len bytes of @body. Such a program sends too few
 * requests to be told that the PF is busy, and needs all of them. False if the
 * PF has a new driver, which knows of no version (8.2): to begin anew.
 */
static bool answered(struct vf *vf, void *body, size_t len)
{
	const uint8_t *reply = vf->mem->mbx + SVNIC_MBX_REPLY_OFFSET;
	struct svnic_mbx_hdr hdr;
	uint16_t status;

	/* 8.2: what the event said holds, and it is the answer to this */
	memcpy(&hdr, reply, sizeof(hdr));
	status = le16toh(hdr.status);
	if (le16toh(hdr.opcode) != vf->opcode ||
	    le32toh(hdr.cookie) != vf->cookie ||
	    le16toh(hdr.len) != vf->reply_len ||
	    vf->reply_len != sizeof(hdr) + (status ? 0 : len))
		errx(1, "%s: a bad answer to request %u", vf->bdf, vf->opcode);
	if (status && status != SVNIC_MBX_ERR_STATE)
		errx(1, "%s: the PF refused request %u, status %u (8.2)",
		     vf->bdf, vf->opcode, status);
	memcpy(body, reply + sizeof(hdr), status ? 0 : len);
	return !status;
}

/*
 * Section 8.3: frames for everybody, as long as the buffers are made for. First
 * the version (8.2): whoever wants to be asked again may be another PF driver.
 * Each call takes one answer and sends the next request: the PF may take any
 * time, and frames are not to wait for that (8.1).
 */
static void configure(struct vf *vf)
{
	struct svnic_mbx_version version = { htole16(1), htole16(1) };
	struct svnic_mbx_mtu mtu = { .frame_max = htole16(ETH_FRAME_LEN) };
	struct svnic_mbx_rx_mode mode = {
		.flags = htole32(SVNIC_MBX_RX_PROMISC | SVNIC_MBX_RX_ALLMULTI),
	};
	struct svnic_mbx_config *config = &vf->config;
	const uint8_t *mac = config->mac;

	if (vf->opcode == SVNIC_MBX_VERSION &&
	    answered(vf, &version, sizeof(version))) {
		if (le16toh(version.min) != 1)
			errx(1, "%s: the PF speaks no version 1", vf->bdf);
		ask(vf, SVNIC_MBX_GET_CONFIG, config, 0);
	} else if (vf->opcode == SVNIC_MBX_GET_CONFIG &&
		   answered(vf, config, sizeof(*config))) {
		if (!(config->flags & htole32(SVNIC_MBX_CONFIG_TRUSTED)))
			errx(1, "%s: not trusted: ip link set PF vf N trust on",
			     vf->bdf);
		if (le16toh(config->frame_max) < ETH_FRAME_LEN)
			mtu.frame_max = config->frame_max;
		ask(vf, SVNIC_MBX_SET_MTU, &mtu, sizeof(mtu));
	} else if (vf->opcode == SVNIC_MBX_SET_MTU && answered(vf, &mtu, 0)) {
		ask(vf, SVNIC_MBX_RX_MODE, &mode, sizeof(mode));
	} else if (vf->opcode == SVNIC_MBX_RX_MODE && answered(vf, &mode, 0)) {
		vf->opcode = 0;
		printf("%s has the address %02x:%02x:%02x:%02x:%02x:%02x\n",
		       vf->bdf, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	} else {
		vf->ask_again = false;
		ask(vf, SVNIC_MBX_VERSION, &version, sizeof(version));
	}
}

/* What the device says, and the PF. */
static void serve(struct vf *vf)
{
	take_events(vf);
	if (vf->opcode && vf->reply_len)
		configure(vf);
}

/*
 * What no event tells (12.2). ERROR was cleared by RESET and ENABLE. If the PF
 * is there, begin to ask for what may be lost (8.3).
 */
static uint32_t look(struct vf *vf, uint32_t need)
{
	uint32_t status = rd(vf, SVNIC_REG_STATUS);

	if (status & SVNIC_STATUS_FATAL)
		errx(1, "%s: the device failed", vf->bdf);
	if (status >> SVNIC_STATUS_ERROR_SHIFT || (status & need) != need)
		errx(1, "%s: not usable, status %#x (3.2)", vf->bdf, status);
	if (vf->ask_again && !vf->opcode && !(status & SVNIC_STATUS_PF_AWAY))
		configure(vf);
	return status;
}

/* Wait for the PF's driver, which may take any time: for READY and answers. */
static void wait_pf(struct vf *vf, uint32_t need)
{
	uint64_t tell = now_ms() + BOUND_MS;

	while (!(look(vf, need) & SVNIC_STATUS_READY) || vf->opcode) {
		if (stopped())
			exit(0);
		if (now_ms() > tell) {
			warnx("%s waits for the driver of its PF", vf->bdf);
			tell = UINT64_MAX;
		}
		usleep(PAUSE_US);
		serve(vf);
	}
}

/* Section 3.2, in its order. */
static void bring_up(struct vf *vf)
{
	uint32_t features, largest, db;

	if (rd(vf, SVNIC_REG_MAGIC) != SVNIC_MAGIC ||
	    rd(vf, SVNIC_REG_VERSION) != SVNIC_VERSION)
		errx(1, "%s: no SV-NIC of version %u.%u", vf->bdf,
		     SVNIC_VERSION_MAJOR, SVNIC_VERSION_MINOR);
	wr(vf, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	wait_bound(vf, SVNIC_REG_STATUS, SVNIC_STATUS_RESETTING);
	wait_pf(vf, 0);

	largest = rd(vf, SVNIC_REG_RING_LIMITS) >> SVNIC_RING_MAX_LOG2_SHIFT;
	largest &= SVNIC_RING_MIN_LOG2_MASK;
	db = rd(vf, SVNIC_REG_DB_OFFSET);
	if (largest > 16 || 1u << largest < RING_MIN || db % 4 ||
	    db > vf->regs_len - 8)
		errx(1, "%s: limits out of bounds (3.1)", vf->bdf);
	if (1u << largest < ring_size)
		ring_size = 1u << largest;
	vf->tx.doorbell = db + SVNIC_DB_TX;
	vf->rx.doorbell = db + SVNIC_DB_RX;

	/* No other is of use: checksums are finished (5.5), and tags stay. */
	features = rd(vf, SVNIC_REG_FEATURES_LO) & SVNIC_F_EVENT_IDX;
	vf->event_idx = features;
	/* a VF has a mailbox (3.3); what has none refuses to be enabled */
	wr(vf, SVNIC_REG_ACCEPT_LO, features | SVNIC_F_MAILBOX);
	wr(vf, SVNIC_REG_ACCEPT_HI, 0);
	wr(vf, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wait_bound(vf, SVNIC_REG_STATUS, SVNIC_STATUS_BUSY);
	look(vf, UP);

	/* MSI-X is off in configuration space: nobody is interrupted */
	wr_addr(vf, SVNIC_REG_EVQ_BASE_LO, vf->mem->events);
	wr(vf, SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr_addr(vf, SVNIC_REG_MBX_BASE_LO, vf->mem->mbx);
	configure(vf);
	wait_pf(vf, UP);
}

/* Section 5.5: give a buffer to the device, which is told later. */
static void post(struct vf *vf, uint32_t buf)
{
	uint32_t slot = vf->rx.prod++ & (ring_size - 1);

	vf->posted[slot] = buf;
	vf->mem->rx[slot].addr = htole64(bus(vf, vf->mem->bufs[buf]));
}

/* An index that goes from old to new passes an event index: 4.5. */
static bool passed(uint32_t old, uint32_t new, uint32_t event)
{
	return new - event - 1 < new - old;
}

/* Section 4.5, D2 to D6: show the device what is new, and wake it. */
static void tell(struct vf *vf, struct half *half)
{
	uint32_t kick;

	if (half->prod == half->told)
		return;
	__atomic_store_n(half->shown, htole32(half->prod), __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	kick = le32toh(__atomic_load_n(half->kick, __ATOMIC_RELAXED));
	if (!vf->event_idx || passed(half->told, half->prod, kick))
		wr(vf, half->doorbell, half->prod);
	half->told = half->prod;
}

/* Section 4.1; the memory that has to be zero is new. */
static void start_queues(struct vf *vf)
{
	const uint32_t both = SVNIC_QCTRL_TX | SVNIC_QCTRL_RX;
	struct area *mem = vf->mem;
	uint32_t status, buf;

	vf->tx.shown = &mem->state.tx_prod;
	vf->tx.kick = &mem->state.tx_kick;
	vf->rx.shown = &mem->state.rx_prod;
	vf->rx.kick = &mem->state.rx_kick;
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_VECTOR), SVNIC_VECTOR_NONE);
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_BUF_SIZE), BUF_SIZE);
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_TX_SIZE), ring_size);
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_RX_SIZE), ring_size);
	wr_addr(vf, SVNIC_QCFG(0, SVNIC_QCFG_TX_BASE_LO), mem->tx);
	wr_addr(vf, SVNIC_QCFG(0, SVNIC_QCFG_RX_BASE_LO), mem->rx);
	wr_addr(vf, SVNIC_QCFG(0, SVNIC_QCFG_CMPL_BASE_LO), mem->cmpl);
	wr_addr(vf, SVNIC_QCFG(0, SVNIC_QCFG_STATE_BASE_LO), &mem->state);
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), both);
	wait_bound(vf, SVNIC_QCFG(0, SVNIC_QCFG_STATUS),
		   SVNIC_QSTATUS_TX_BUSY | SVNIC_QSTATUS_RX_BUSY);
	status = rd(vf, SVNIC_QCFG(0, SVNIC_QCFG_STATUS));
	if ((status & both) != both)
		errx(1, "%s: no rings run: %#x (4.1)", vf->bdf, status);
	for (buf = 0; buf < ring_size; buf++)
		post(vf, buf);
	tell(vf, &vf->rx);
}

/* Buffers of frames that the device has taken go back to where they came in. */
static void reclaim(struct vf *to, struct vf *from)
{
	uint32_t slot, cons;

	/* acquire: the entries may be written again after it (4.5) */
	cons = le32toh(__atomic_load_n(&to->mem->state.tx_cons,
				       __ATOMIC_ACQUIRE));
	/* the other way than forward, or further than there is */
	if (cons - to->tx.cons > to->tx.prod - to->tx.cons)
		errx(1, "%s: bad tx_cons %u", to->bdf, cons);
	while (to->tx.cons != cons) {
		slot = to->tx.cons++ & (ring_size - 1);
		to->frames++;
		to->bytes += to->sent[slot].len;
		post(from, to->sent[slot].buf);
	}
}

/* Section 5.1: a frame of one piece. */
static void transmit(struct vf *to, const struct vf *from, uint32_t buf,
		     uint32_t len)
{
	uint32_t slot = to->tx.prod++ & (ring_size - 1);

	to->sent[slot].buf = buf;
	to->sent[slot].len = len;
	to->mem->tx[slot] = (struct svnic_tx_desc) {
		.addr = htole64(bus(from, from->mem->bufs[buf])),
		.len = htole16(len),
		.flags = htole16(SVNIC_TXD_SOP | SVNIC_TXD_EOP),
	};
}

/* A burst of frames that have come in; how many there were. */
static uint32_t forward(struct vf *from, struct vf *to)
{
	const uint32_t whole = SVNIC_RXC_SOP | SVNIC_RXC_EOP;
	uint32_t slot, phase, info, len, count;
	struct svnic_rx_cmpl *cmpl;

	reclaim(to, from);
	for (count = 0; count < BURST; count++) {
		slot = from->rx.cons & (ring_size - 1);
		phase = !(from->rx.cons & ring_size);
		cmpl = &from->mem->cmpl[slot];
		/* 5.5: valid by its phase; acquire is F2 of 4.5 */
		info = le32toh(__atomic_load_n(&cmpl->info, __ATOMIC_ACQUIRE));
		if ((info & SVNIC_RXC_PHASE) != phase)
			break;
		len = le16toh(__atomic_load_n(&cmpl->len, __ATOMIC_RELAXED));
		/* no frame is longer than a buffer here */
		if (from->rx.cons == from->rx.told || len > BUF_SIZE ||
		    (info & whole) != whole)
			errx(1, "%s: bad completion: info %#x, %u bytes",
			     from->bdf, info, len);
		from->rx.cons++;
		/* 5.1: such a frame would stop the ring */
		if (len < ETH_HLEN || len > FRAME_MAX) {
			to->dropped++;
			post(from, from->posted[slot]);
		} else {
			transmit(to, from, from->posted[slot], len);
		}
	}
	tell(to, &to->tx);
	tell(from, &from->rx);
	return count;
}

static void print_totals(void)
{
	int i;

	for (i = 0; i < 2; i++)
		printf("%s to %s: %llu frames, %llu bytes, %llu dropped\n",
		       vfs[!i].bdf, vfs[i].bdf, vfs[i].frames, vfs[i].bytes,
		       vfs[i].dropped);
}

/* Once a second, for what went out of a VF in the last @ms. */
static void report(struct vf *vf, uint64_t ms)
{
	printf("%s: %.0f frames/s, %.1f Mb/s\n", vf->bdf,
	       (vf->frames - vf->old_frames) * 1e3 / ms,
	       (vf->bytes - vf->old_bytes) * 0.008 / ms);
	vf->old_frames = vf->frames;
	vf->old_bytes = vf->bytes;
	look(vf, UP);
}

static void run(void)
{
	uint64_t last = now_ms(), now;
	uint32_t count, idle = 0;
	int i;

	while (!stopped()) {
		count = forward(&vfs[0], &vfs[1]) + forward(&vfs[1], &vfs[0]);
		/* who has a CPU to himself need not sleep */
		idle = count ? 0 : idle + 1;
		if (idle > IDLE_ROUNDS)
			usleep(IDLE_US);
		now = now_ms();
		for (i = 0; i < 2; i++) {
			serve(&vfs[i]);
			if (now >= last + 1000)
				report(&vfs[i], now - last);
		}
		if (now >= last + 1000)
			last = now;
	}
}

/* Sections 4.1, 3.2. Until then the device has buffers of the other VF, too. */
static void finish(struct vf *vf, struct vf *from)
{
	wr(vf, SVNIC_QCFG(0, SVNIC_QCFG_CTRL), 0);
	wait_bound(vf, SVNIC_QCFG(0, SVNIC_QCFG_STATUS),
		   SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
	reclaim(vf, from);
	wr(vf, SVNIC_REG_CTRL, 0);
	wait_bound(vf, SVNIC_REG_STATUS, SVNIC_STATUS_ENABLED);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	int container, i;

	if (argc != 3 || !strcmp(argv[1], argv[2]))
		errx(2, "usage: svnic-forward BDF BDF (of two VFs)");
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	container = open("/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		err(1, "/dev/vfio/vfio");
	for (i = 0; i < 2; i++) {
		vfs[i].bdf = argv[1 + i];
		vfs[i].iova = IOVA + i * AREA_SIZE;
	}
	open_groups(container);
	for (i = 0; i < 2; i++) {
		map_area(container, &vfs[i]);
		open_device(&vfs[i]);
		bring_up(&vfs[i]);
	}
	for (i = 0; i < 2; i++)
		start_queues(&vfs[i]);
	atexit(print_totals);
	printf("forwarding\n");
	run();
	for (i = 0; i < 2; i++)
		finish(&vfs[i], &vfs[!i]);
	return 0;
}

/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * SV-NIC device interface: PCI identity, BAR0 register map, feature bits.
 *
 * Section numbers refer to Documentation/svnic-spec.rst. All registers are
 * little endian, 32 bits wide unless noted otherwise, and naturally aligned.
 * "RO" is read only, "RW" reads as written, "WO" reads as zero.
 */
#ifndef _UAPI_SVNIC_REGS_H
#define _UAPI_SVNIC_REGS_H

#include <linux/const.h>

/*
 * Compile-time layout checks: the size of every structure of the interface, and
 * the offsets of members that are easy to get wrong.
 */
#define SVNIC_CHECK_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), "size of " #type)
#define SVNIC_CHECK_OFFSET(type, member, offset) \
	_Static_assert(__builtin_offsetof(type, member) == (offset), \
		       "offset of " #member " in " #type)

/* Section 2: PCI ids of the reference NIC. Use new_id to bind others. */
#define SVNIC_PCI_VENDOR_ID		0x1234
#define SVNIC_PCI_DEVICE_ID_PF		0x5fc0
#define SVNIC_PCI_DEVICE_ID_VF		0x5fc1

/* Section 2: BARs, the same for PF and VF. Both are 64 bit, prefetchable. */
#define SVNIC_BAR_REGS			0	/* registers and doorbells */
#define SVNIC_BAR_MSIX			2	/* MSI-X table and PBA */

/*
 * Section 2: SR-IOV of the reference NIC. In general the SR-IOV capability has
 * the values: VF n has routing id PF + First VF Offset + n * VF Stride.
 */
#define SVNIC_VF_OFFSET			8
#define SVNIC_VF_STRIDE			1
#define SVNIC_VF_LIMIT			248	/* a bus with ARI, less 0..7 */

/* Section 1.5: interface version this header describes, a draft of 1.0. */
#define SVNIC_VERSION_MAJOR		0
#define SVNIC_VERSION_MINOR		3

/*
 * Section 3.1: identity and limits, offsets 0x000..0x0ff, all RO.
 */
#define SVNIC_REG_MAGIC			0x000
#define   SVNIC_MAGIC			0x494e5653	/* "SVNI" */
#define SVNIC_REG_VERSION		0x004
#define   SVNIC_VERSION_MAJOR_SHIFT	16	/* [31:16] major */
#define   SVNIC_VERSION_MINOR_MASK	0xffff	/* [15:0] minor */
#define   SVNIC_VERSION			(SVNIC_VERSION_MAJOR << \
					 SVNIC_VERSION_MAJOR_SHIFT | \
					 SVNIC_VERSION_MINOR)
#define SVNIC_REG_FEATURES_LO		0x008	/* offered, bits 31:0 */
#define SVNIC_REG_FEATURES_HI		0x00c	/* offered, bits 63:32 */
#define SVNIC_REG_QUEUES		0x010
#define   SVNIC_QUEUES_GRANTED_MASK	0xffff	/* [15:0] usable now */
#define   SVNIC_QUEUES_MAX_SHIFT	16	/* [31:16] BAR0 has room for */
#define SVNIC_REG_VECTORS		0x014
#define   SVNIC_VECTORS_GRANTED_MASK	0xffff	/* [15:0] usable now */
#define   SVNIC_VECTORS_MAX_SHIFT	16	/* [31:16] MSI-X table size */
#define SVNIC_REG_RING_LIMITS		0x018
#define   SVNIC_RING_MIN_LOG2_MASK	0xff	/* [7:0] smallest ring */
#define   SVNIC_RING_MAX_LOG2_SHIFT	8	/* [15:8] largest ring */
#define   SVNIC_RING_EVQ_LOG2_SHIFT	16	/* [23:16] largest event ring */
#define   SVNIC_RING_TX_CHAIN_SHIFT	24	/* [31:24] entries of a frame */
#define SVNIC_REG_FRAME_MAX		0x01c	/* bytes, L2 header, no FCS */
#define SVNIC_REG_TSO_MAX		0x020	/* bytes of a TSO frame */
#define SVNIC_REG_DB_OFFSET		0x024	/* doorbell page of pair 0 */
#define SVNIC_REG_DB_STRIDE		0x028	/* bytes between such pages */
#define SVNIC_REG_RESET_MS		0x02c	/* bound of any reset, ms */
#define SVNIC_REG_RSS_SIZE		0x030	/* entries, power of 2 */
#define SVNIC_REG_BUF_LIMITS		0x034
#define   SVNIC_BUF_MIN_MASK		0xffff	/* [15:0] smallest RX buffer */
#define   SVNIC_BUF_MAX_SHIFT		16	/* [31:16] largest RX buffer */
#define SVNIC_REG_MODERATION_MAX	0x038	/* longest delay, us */
#define SVNIC_REG_TX_INLINE		0x03c	/* bytes of a frame in a ring */
#define SVNIC_REG_MAC_LO		0x040	/* station address bytes 0..3 */
#define SVNIC_REG_MAC_HI		0x044	/* bytes 4..5 in [15:0] */
#define SVNIC_REG_LINK			0x048
#define   SVNIC_LINK_UP			0x80000000	/* bit 31 */
#define   SVNIC_LINK_SPEED_MASK		0x7fffffff	/* [30:0] Mb/s or 0 */

/*
 * Section 3.2: control, offsets 0x100..0x1ff.
 */
#define SVNIC_REG_CTRL			0x100	/* RW */
#define   SVNIC_CTRL_RESET		0x00000001	/* self clearing */
#define   SVNIC_CTRL_ENABLE		0x00000002
#define SVNIC_REG_STATUS		0x104	/* RO */
#define   SVNIC_STATUS_RESETTING	0x00000001	/* reset under way */
#define   SVNIC_STATUS_READY		0x00000002	/* vport may be used */
#define   SVNIC_STATUS_ENABLED		0x00000004	/* features latched */
#define   SVNIC_STATUS_MBX_BUSY		0x00000008	/* request in flight */
#define   SVNIC_STATUS_FATAL		0x00000010	/* only FLR helps */
#define   SVNIC_STATUS_PF_AWAY		0x00000020	/* requests wait */
#define   SVNIC_STATUS_BUSY		0x00000040	/* ENABLE under way */
#define   SVNIC_STATUS_ERROR_SHIFT	16	/* [31:16] enum svnic_error */
#define SVNIC_REG_ACCEPT_LO		0x108	/* RW until ENABLE: 31:0 */
#define SVNIC_REG_ACCEPT_HI		0x10c	/* RW until ENABLE: 63:32 */

/* Section 6: event ring. Writing EVQ_SIZE starts it, 0 stops it. */
#define SVNIC_REG_EVQ_BASE_LO		0x110	/* RW, 64-byte aligned */
#define SVNIC_REG_EVQ_BASE_HI		0x114	/* RW */
#define SVNIC_REG_EVQ_SIZE		0x118	/* RW, entries, power of 2 */
#define SVNIC_REG_EVQ_CONS		0x11c	/* WO; arms vector 0 */

/*
 * Section 5.4, 5.7: offloads for frames received after the write, which is
 * allowed at any time. Each bit needs the feature of the same name.
 */
#define SVNIC_REG_RX_CTRL		0x130	/* RW, reset value 0 */
#define   SVNIC_RX_CTRL_VLAN_STRIP	0x00000001
#define   SVNIC_RX_CTRL_COALESCE	0x00000002

/* Section 8: mailbox of a VF. */
#define SVNIC_REG_MBX_BASE_LO		0x120	/* RW, 256-byte aligned */
#define SVNIC_REG_MBX_BASE_HI		0x124	/* RW */
#define SVNIC_REG_MBX_DB		0x128	/* WO, request bytes */

/* Section 5.6: receive side scaling, needs SVNIC_F_RSS. */
#define SVNIC_REG_RSS_CTRL		0x200	/* RW */
#define   SVNIC_RSS_ENABLE		0x00000001
#define   SVNIC_RSS_SYM_XOR		0x00000002	/* same both ways */
#define   SVNIC_RSS_SYM_OR_XOR		0x00000004	/* the same by OR */
#define SVNIC_REG_RSS_FIELDS_IPV4	0x204	/* RW, a byte per type */
#define SVNIC_REG_RSS_FIELDS_IPV6	0x208
#define   SVNIC_RSS_OTHER_SHIFT		0	/* [7:0] neither TCP nor UDP */
#define   SVNIC_RSS_TCP_SHIFT		8	/* [15:8] TCP */
#define   SVNIC_RSS_UDP_SHIFT		16	/* [23:16] UDP */
#define   SVNIC_RSS_SRC			0x01	/* source address */
#define   SVNIC_RSS_DST			0x02	/* destination address */
#define   SVNIC_RSS_LABEL		0x04	/* flow label of IPv6 */
#define   SVNIC_RSS_SPORT		0x08	/* source port */
#define   SVNIC_RSS_DPORT		0x10	/* destination port */
#define SVNIC_REG_RSS_KEY		0x210	/* RW, 10 words */
#define   SVNIC_RSS_KEY_LEN		40	/* bytes */
#define SVNIC_REG_RSS_TABLE		0x300	/* RW, a byte per entry */
#define   SVNIC_RSS_TABLE_MAX		256	/* entries */

/* Section 9: statistics, struct svnic_fn_stats, RO, 8-byte reads allowed. */
#define SVNIC_REG_STATS			0x400

/* Section 7: moderation of vector v at MODERATION_RX, _TX + 4 * v, RW. */
#define SVNIC_REG_MODERATION_RX		0x800	/* of received frames */
#define SVNIC_REG_MODERATION_TX		0xc00	/* of sent frames */
#define   SVNIC_MODERATION_USECS_MASK	0xffff	/* [15:0] microseconds */
#define   SVNIC_MODERATION_FRAMES_SHIFT	16	/* [31:16] frames */

/*
 * Section 10: command queue, needs SVNIC_F_COMMAND.
 */
#define SVNIC_REG_CMD_BASE_LO		0x1000	/* RW, 64-byte aligned */
#define SVNIC_REG_CMD_BASE_HI		0x1004	/* RW */
#define SVNIC_REG_CMD_SIZE		0x1008	/* RW, entries; 0 stops */
#define SVNIC_REG_CMD_PROD		0x100c	/* WO, doorbell, free running */

/*
 * Section 10: administration, of the PF, needs SVNIC_F_ADMIN.
 */
#define SVNIC_REG_MBX_RING_LO		0x1010	/* RW, one slot per VF */
#define SVNIC_REG_MBX_RING_HI		0x1014	/* RW; write last, starts */
#define SVNIC_REG_VF_MAX		0x1018	/* RO, TotalVFs */
#define SVNIC_REG_VF_ENABLED		0x101c	/* RO, NumVFs when VF Enable */

/*
 * Section 4.1: queue pair q is configured at QCFG + q * QCFG_STRIDE. TX_* may
 * be written only while the transmit half is inactive, BUF_SIZE, RX_* and
 * CMPL_* while the receive half is, VECTOR and STATE_* while both are.
 */
#define SVNIC_REG_QCFG			0x2000
#define SVNIC_QCFG_STRIDE		0x80
#define SVNIC_QCFG(q, reg)		(SVNIC_REG_QCFG + \
					 (q) * SVNIC_QCFG_STRIDE + (reg))
#define SVNIC_QCFG_CTRL			0x00	/* RW */
#define   SVNIC_QCTRL_TX		0x00000001	/* transmit ring runs */
#define   SVNIC_QCTRL_RX		0x00000002	/* receive ring runs */
#define SVNIC_QCFG_STATUS		0x04	/* RO */
#define   SVNIC_QSTATUS_TX		0x00000001	/* transmit active */
#define   SVNIC_QSTATUS_RX		0x00000002	/* receive active */
#define   SVNIC_QSTATUS_TX_BUSY		0x00000004	/* starts or stops */
#define   SVNIC_QSTATUS_RX_BUSY		0x00000008	/* starts or stops */
#define   SVNIC_QSTATUS_TX_ERR_SHIFT	8	/* [15:8] enum svnic_error */
#define   SVNIC_QSTATUS_RX_ERR_SHIFT	16	/* [23:16] enum svnic_error */
#define   SVNIC_QSTATUS_ERR_MASK	0xff
#define SVNIC_QCFG_VECTOR		0x08	/* RW, MSI-X vector */
#define   SVNIC_VECTOR_NONE		0xffff
#define SVNIC_QCFG_BUF_SIZE		0x0c	/* RW, bytes of a buffer */
#define SVNIC_QCFG_TX_BASE_LO		0x10	/* RW, 64-byte aligned */
#define SVNIC_QCFG_TX_BASE_HI		0x14
#define SVNIC_QCFG_TX_SIZE		0x18	/* RW, power of 2 */
#define SVNIC_QCFG_RX_SIZE		0x1c	/* RW, postings = completions */
#define SVNIC_QCFG_RX_BASE_LO		0x20	/* RW, 64-byte aligned */
#define SVNIC_QCFG_RX_BASE_HI		0x24
#define SVNIC_QCFG_CMPL_BASE_LO		0x28	/* RW, 64-byte aligned */
#define SVNIC_QCFG_CMPL_BASE_HI		0x2c
#define SVNIC_QCFG_STATE_BASE_LO	0x30	/* RW, 128-byte aligned */
#define SVNIC_QCFG_STATE_BASE_HI	0x34
#define SVNIC_QCFG_RX_FMT		0x38	/* RW, needs RX_CMPL32 */
#define   SVNIC_RX_FMT_CMPL16		0x00000000	/* svnic_rx_cmpl */
#define   SVNIC_RX_FMT_CMPL32		0x00000001	/* svnic_rx_cmpl32 */
#define SVNIC_QCFG_TX_START		0x58	/* RW, first index, transmit */
#define SVNIC_QCFG_RX_START		0x5c	/* RW, first index, receive */

/* Section 4.2: doorbells of pair q at DB_OFFSET + q * DB_STRIDE, WO. */
#define SVNIC_DB_TX			0x0	/* producer index */
#define SVNIC_DB_RX			0x4	/* producer index */
#define SVNIC_DB_ARM_TX			0x8	/* event index, needs DB_ARM */
#define SVNIC_DB_ARM_RX			0xc	/* event index, needs DB_ARM */

/* Values of the reference NIC; in general they are in the registers. */
#define SVNIC_REF_DB_OFFSET		0x10000
#define SVNIC_REF_DB_STRIDE		0x1000

/*
 * Section 3.3: features. The device offers, the driver accepts a subset.
 */
#define SVNIC_F_EVENT_IDX	_BITULL(0)	/* 4.5: indices in memory */
#define SVNIC_F_TX_CSUM		_BITULL(1)	/* 5.2: L4 checksum insertion */
#define SVNIC_F_RX_CSUM		_BITULL(2)	/* 5.5: L4 checksum verdict */
#define SVNIC_F_TSO		_BITULL(3)	/* 5.3: TCP over IPv4, IPv6 */
#define SVNIC_F_RX_COALESCE	_BITULL(4)	/* 5.7: large TCP receive */
#define SVNIC_F_RSS		_BITULL(5)	/* 5.6 */
#define SVNIC_F_VLAN_INSERT	_BITULL(6)	/* 5.4: on transmit */
#define SVNIC_F_VLAN_STRIP	_BITULL(7)	/* 5.4: on receive */
#define SVNIC_F_MODERATION	_BITULL(8)	/* 7 */
#define SVNIC_F_ADMIN		_BITULL(9)	/* 10: administration (PF) */
#define SVNIC_F_MAILBOX		_BITULL(10)	/* 8: mailbox to the PF (VF) */
#define SVNIC_F_PCIE_STATS	_BITULL(11)	/* 9: PCIe counters are real */
#define SVNIC_F_RATE		_BITULL(12)	/* 10.7: rates of vports (PF) */
#define SVNIC_F_TX_INLINE	_BITULL(13)	/* 5.1: frames in the ring */
#define SVNIC_F_COMMAND		_BITULL(14)	/* 10: command queue */
#define SVNIC_F_DB_ARM		_BITULL(15)	/* 4.6: event indices by MMIO */
#define SVNIC_F_RX_CMPL32	_BITULL(16)	/* 5.5: long completions */
#define SVNIC_F_TSO_TUNNEL	_BITULL(17)	/* 5.3: TCP in tunnels */
#define SVNIC_F_FLOW		_BITULL(18)	/* 5.8: flow rules */

/**
 * enum svnic_error - error codes of functions, queues and commands
 * @SVNIC_ERR_NONE: no error
 * @SVNIC_ERR_FEATURES: accepted features are no subset of the offered ones
 * @SVNIC_ERR_NOT_READY: function or vport is not in a state for this
 * @SVNIC_ERR_CONFIG: queue configuration out of limits or misaligned
 * @SVNIC_ERR_GRANT: resource beyond what the vport was granted
 * @SVNIC_ERR_DMA: host memory could not be read or written
 * @SVNIC_ERR_INDEX: producer index is more than a ring ahead
 * @SVNIC_ERR_DESC: malformed descriptor or descriptor chain
 * @SVNIC_ERR_OPCODE: unknown command
 * @SVNIC_ERR_PARAM: parameter of a command out of range
 * @SVNIC_ERR_NO_SPACE: table or pool exhausted
 * @SVNIC_ERR_EXISTS: entry exists already
 * @SVNIC_ERR_NOT_FOUND: no such entry
 * @SVNIC_ERR_STALE: sequence number is not the newest
 * @SVNIC_ERR_FATAL: device failed, only FLR of the PF helps
 * @SVNIC_ERR_STOPPED: stopped by the PF
 * @SVNIC_ERR_IN_USE: another vport has the address, or a flow rule names the
 *	RSS context
 */
enum svnic_error {
	SVNIC_ERR_NONE		= 0,
	SVNIC_ERR_FEATURES	= 1,
	SVNIC_ERR_NOT_READY	= 2,
	SVNIC_ERR_CONFIG	= 3,
	SVNIC_ERR_GRANT		= 4,
	SVNIC_ERR_DMA		= 5,
	SVNIC_ERR_INDEX		= 6,
	SVNIC_ERR_DESC		= 7,
	SVNIC_ERR_OPCODE	= 8,
	SVNIC_ERR_PARAM		= 9,
	SVNIC_ERR_NO_SPACE	= 10,
	SVNIC_ERR_EXISTS	= 11,
	SVNIC_ERR_NOT_FOUND	= 12,
	SVNIC_ERR_STALE		= 13,
	SVNIC_ERR_FATAL		= 14,
	SVNIC_ERR_STOPPED	= 15,
	SVNIC_ERR_IN_USE	= 16,
};

#endif /* _UAPI_SVNIC_REGS_H */

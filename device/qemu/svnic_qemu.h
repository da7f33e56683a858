/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC as a PCIe device of QEMU: what its files share.
 *
 * The NIC itself is device/core; here is what the core leaves to its host:
 * configuration space, BARs, MSI-X, DMA, the wire, and a thread to run in.
 *
 * Threads and locks. A core is entered by two parties only: the NIC's data
 * thread (svnic_thread.c), and whoever holds the big QEMU lock, BQL: vCPUs
 * with an MMIO or configuration access, resets, the monitor. The core lock
 * excludes them from each other:
 *
 * - svnic_host_lock() is for holders of the BQL, who keep it while they wait.
 *   Dropping it instead would let a second vCPU meet the re-entrancy guard of
 *   the host bridge whose configuration access is still under way, and lose
 *   its own access.
 * - The data thread enters without the BQL. What it needs the BQL for while
 *   inside (asking the IOMMU for a translation: a fault makes the IOMMU send
 *   an interrupt), it hands to svnic_host_call_bql(). That is served by the BQL
 *   holder who waits in svnic_host_lock(), or else by the main loop. So neither
 *   party waits for something the other has, whatever the order they come in.
 * - Doorbells take no lock. MSI-X is sent after the core lock is dropped.
 *
 * dma_lock and the lock of a SvnicFifo are leaves: nothing is taken inside.
 *
 * Functions here that the core might name alike begin with svnic_host_.
 */
#ifndef HW_NET_SVNIC_QEMU_H
#define HW_NET_SVNIC_QEMU_H

#include "exec/memory.h"
#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "qemu/event_notifier.h"
#include "qemu/thread.h"
#include "qom/object.h"

#include "../core/svnic_core.h"

#define TYPE_SVNIC "svnic"
OBJECT_DECLARE_TYPE(SvnicState, SvnicClass, SVNIC)
#define TYPE_SVNIC_VF "svnic-vf"
OBJECT_DECLARE_TYPE(SvnicVF, SvnicClass, SVNIC_VF)
#define TYPE_SVNIC_CABLE "svnic-cable"
OBJECT_DECLARE_SIMPLE_TYPE(SvnicCable, SVNIC_CABLE)

#define SVNIC_FUNCTIONS (1 + SVNIC_VF_LIMIT)
#define SVNIC_SERIAL_SIZE sizeof_field(struct svnic_core_config, serial)

/* SvnicClass: of PF and VFs */
struct SvnicClass {
    PCIDeviceClass parent_class;

    ResettablePhases parent_phases;
};

/* svnic_fifo.c: frames from one thread to another, in order, bounded */

typedef void SvnicFifoNotify(void *opaque);

/**
 * SvnicFifo: one producer, one consumer
 * @lock: guards all but the octets of @buf
 * @buf: @size octets, slots of a header and the frame
 * @head: octets ever put in, including the gaps at the end of @buf
 * @tail: octets ever taken out
 * @full: the producer was refused and waits for @room
 * @data: called when frames came into an empty fifo
 * @room: called when there is room again after @full
 */
typedef struct SvnicFifo {
    QemuMutex lock;
    uint8_t *buf;
    size_t size;
    size_t head;
    size_t tail;
    bool full;
    SvnicFifoNotify *data;
    void *data_opaque;
    SvnicFifoNotify *room;
    void *room_opaque;
} SvnicFifo;

void svnic_fifo_init(SvnicFifo *fifo);
void svnic_fifo_destroy(SvnicFifo *fifo);
void svnic_fifo_consumer(SvnicFifo *fifo, SvnicFifoNotify *data, void *opaque);
void svnic_fifo_producer(SvnicFifo *fifo, SvnicFifoNotify *room, void *opaque);
bool svnic_fifo_push(SvnicFifo *fifo, const struct svnic_frame *frame);
bool svnic_fifo_peek(SvnicFifo *fifo, struct svnic_frame *frame);
void svnic_fifo_pop(SvnicFifo *fifo);

/* svnic_dma.c: host memory as a function sees it */

typedef struct SvnicPage SvnicPage;

/**
 * SvnicDma: the way of one function to memory
 * @listener: on the function's bus master address space
 * @notifier: on @iommu, for what it unmaps
 * @iommu: the IOMMU in the way, or NULL
 * @sections: parts of the address space that @iommu covers
 * @direct: no IOMMU in the way; under dma_lock
 * @pages: translations that are kept, if @iommu tells what it unmaps, else
 *   NULL; under dma_lock
 * @sizes: which page sizes @pages has, a bit for each log2
 * @turn: which of a full set is replaced next
 */
typedef struct SvnicDma {
    MemoryListener listener;
    IOMMUNotifier notifier;
    IOMMUMemoryRegion *iommu;
    unsigned sections;
    bool direct;
    SvnicPage *pages;
    uint64_t sizes;
    unsigned turn;
} SvnicDma;

/**
 * SvnicFunction: what PF and VFs have in common
 *
 * A processor that came for a register waits for the BQL, while who holds it
 * may unplug the function: @nic and its core live as long as the function,
 * and SvnicState.fns tells whether it is still there.
 *
 * @nic: the NIC it belongs to
 * @dev: its PCI device
 * @fn: its number in the core, 0 is the PF
 * @regs: BAR0
 * @msix: BAR2
 * @dma: its way to memory
 * @irqs: MSI-X vectors to send, a bit for each
 */
typedef struct SvnicFunction {
    SvnicState *nic;
    PCIDevice *dev;
    unsigned fn;
    MemoryRegion regs;
    MemoryRegion msix;
    SvnicDma dma;
    uint64_t irqs;
} SvnicFunction;

void svnic_host_dma_init(SvnicFunction *f);
void svnic_host_dma_exit(SvnicFunction *f);
void svnic_host_dma_drain(SvnicFunction *f);
bool svnic_host_may_master(const SvnicFunction *f);
int svnic_host_dma_rw(SvnicFunction *f, uint64_t addr, void *buf, size_t len,
                      DMADirection dir);

/* svnic_fn.c */

bool svnic_host_fn_realize(SvnicFunction *f, SvnicState *s, PCIDevice *dev,
                           unsigned fn, Error **errp);
void svnic_host_fn_exit(SvnicFunction *f);
void svnic_host_fn_write_config(SvnicFunction *f, uint32_t addr, uint32_t val,
                                int len);
bool svnic_host_in_flr(const SvnicFunction *f);
void svnic_host_fn_reset(SvnicFunction *f);
uint64_t svnic_host_msix_size(const struct svnic_core *core, unsigned fn);

/* svnic_vf.c */
void svnic_host_vf_map(PCIDevice *dev, bool map);

/* svnic_thread.c */

typedef void SvnicCall(void *opaque);

/**
 * SvnicThread: the data thread and the core lock
 * @lock: guards what follows up to @bh
 * @cond_thread: the data thread waits here
 * @cond_bql: the holder of the BQL waits here
 * @thread_in: the data thread is in the core
 * @bql_in: the holder of the BQL is in the core
 * @bql_waits: the holder of the BQL waits for the core
 * @running: the virtual machine runs
 * @dead: the device is gone, the thread shall end
 * @call: what the data thread wants done with the BQL held
 * @call_opaque: its argument
 * @bh: serves @call from the main loop
 * @kicked: there is work for the data thread
 * @asleep: the data thread sleeps, or is about to, on @wake
 * @irq_fns: functions whose irqs are to be sent
 * @link: what the wire says
 * @link_shown: what the core was told; of the data thread
 */
typedef struct SvnicThread {
    QemuMutex lock;
    QemuCond cond_thread;
    QemuCond cond_bql;
    bool thread_in;
    bool bql_in;
    bool bql_waits;
    bool running;
    bool dead;
    SvnicCall *call;
    void *call_opaque;
    QEMUBH *bh;
    VMChangeStateEntry *vmstate;
    EventNotifier wake;
    bool kicked;
    bool asleep;
    unsigned long irq_fns[BITS_TO_LONGS(SVNIC_FUNCTIONS)];
    bool link;
    bool link_shown;
} SvnicThread;

/**
 * SvnicHold: how long the NIC keeps the holder of the BQL, and so QEMU's main
 * loop and all that waits for it, from other work; guarded by the BQL
 * @depth: holds within holds
 * @since: begin of the outermost
 * @count: how many there were
 * @late: of these, longer than SVNIC_HOLD_LATE_NS
 * @max_ns: the longest
 */
typedef struct SvnicHold {
    unsigned depth;
    int64_t since;
    uint64_t count;
    uint64_t late;
    uint64_t max_ns;
} SvnicHold;

#define SVNIC_HOLD_LATE_NS (20 * 1000 * 1000)

void svnic_host_hold(SvnicState *s);
void svnic_host_release(SvnicState *s);

bool svnic_thread_start(SvnicState *s, Error **errp);
void svnic_thread_stop(SvnicState *s);
void svnic_thread_finalize(SvnicState *s);
void svnic_host_lock(SvnicState *s);
void svnic_host_unlock(SvnicState *s);
void svnic_host_call_bql(SvnicState *s, SvnicCall *call, void *opaque);
void svnic_host_kick(void *opaque);
void svnic_host_set_link(SvnicState *s, bool up);
void svnic_host_irq(SvnicState *s, unsigned fn, unsigned vector);
void svnic_host_irq_clear(SvnicState *s, unsigned fn, unsigned first);

/* svnic_fault.c */

typedef struct SvnicFaults SvnicFaults;

void svnic_fault_init(SvnicState *s);
void svnic_fault_exit(SvnicState *s);
void svnic_fault_reset(SvnicState *s, unsigned fn);
uint64_t svnic_fault_read(SvnicFunction *f, uint32_t addr, uint64_t val);
bool svnic_fault_write(SvnicFunction *f, uint32_t addr, uint64_t val);
void *svnic_fault_dma(SvnicState *s, unsigned fn, uint64_t addr,
                      const void *buf, size_t len);
void svnic_fault_write_config(SvnicState *s, uint32_t addr, int len);
uint32_t svnic_fault_read_config(const SvnicState *s, uint32_t addr,
                                 uint32_t val);

/* svnic_cable.c */

bool svnic_cable_plug(SvnicCable *cable, SvnicState *s, Error **errp);
void svnic_cable_unplug(SvnicCable *cable, SvnicState *s);
bool svnic_cable_gso(const SvnicCable *cable);

/* svnic_netdev.c */

/**
 * SvnicNetdev: a netdev backend as the wire
 * @nic: its peer in QEMU's network layer, NULL if there is none
 * @tx: frames from the data thread to the main loop
 * @rx: frames from the main loop to the data thread
 * @tx_bh: sends what is in @tx
 * @tx_timer: goes on with that
 * @rx_bh: asks the backend for what @rx had no room for
 * @tx_waits: the backend has a frame that it could not send yet
 * @vnet: frames are led by a virtio_net_hdr
 */
typedef struct SvnicNetdev {
    NICState *nic;
    SvnicFifo tx;
    SvnicFifo rx;
    QEMUBH *tx_bh;
    QEMUTimer *tx_timer;
    QEMUBH *rx_bh;
    bool tx_waits;
    bool vnet;
} SvnicNetdev;

bool svnic_netdev_present(const SvnicState *s);
bool svnic_netdev_gso(const SvnicState *s);
void svnic_netdev_plug(SvnicState *s);
void svnic_netdev_unplug(SvnicState *s);

/**
 * SvnicState: the NIC, and the PF
 * @core: NULL before realize; after unrealize nothing runs in it
 * @fns: functions by number; NULL where there is none
 * @num_vfs: VFs the core knows
 * @vfs_mapped: VF MSE, as the VFs know it
 * @in: frames from the wire, NULL without a wire
 * @out: frames to the wire
 * @dma_lock: guards the way to memory of all functions
 * @faults: what is falsified, NULL without property x-faults
 */
struct SvnicState {
    PCIDevice parent_obj;

    SvnicFunction pf;
    struct svnic_core *core;
    SvnicFunction *fns[SVNIC_FUNCTIONS];
    unsigned num_vfs;
    bool vfs_mapped;
    SvnicFifo *in;
    SvnicFifo *out;
    QemuMutex dma_lock;
    SvnicThread thread;
    SvnicHold hold;
    SvnicFaults *faults;
    SvnicNetdev netdev;

    /* properties */
    NICConf conf;
    SvnicCable *cable;
    uint32_t vf_max;
    uint32_t queues;
    uint32_t vf_queues;
    uint32_t mac_filters;
    uint32_t vlan_filters;
    uint32_t speed;
    char *serial;
    /* faults, for tests of drivers */
    bool with_faults;
    bool bad_version;
    bool small_bar;
    bool no_msix;
    bool gone;
};

#endif /* HW_NET_SVNIC_QEMU_H */

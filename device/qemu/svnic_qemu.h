/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC as a PCIe device of QEMU: declarations that its files share.
 *
 * The NIC itself is device/core. The files here provide what the core needs
 * from its host: configuration space, BARs, MSI-X, DMA, the wire, and a thread.
 *
 * Threads and locks. Two threads may enter a core: the NIC's data thread
 * (svnic_thread.c), and the thread that holds the big QEMU lock, BQL: vCPUs
 * with an MMIO or configuration access, resets, the monitor. The core lock
 * ensures that only one of them is in the core:
 *
 * - svnic_thread_lock() is for holders of the BQL, which keep the BQL while
 *   they wait. If they dropped it, a second vCPU could make a configuration
 *   access while the first one is in progress. The re-entrancy guard of the
 *   host bridge would discard this access.
 * - The data thread enters without the BQL. If it needs the BQL in the core (to
 *   ask the IOMMU for a translation: a fault makes the IOMMU send an
 *   interrupt), it calls svnic_thread_call_bql(). The holder of the BQL that
 *   waits in svnic_thread_lock() executes this call, or else the main loop. So
 *   the threads cannot deadlock, in whatever order they come.
 * - Doorbells take no lock. MSI-X is sent after the core lock is dropped.
 *
 * dma_lock and the lock of a SvnicFifo are innermost: no lock is taken while
 * one of them is held.
 *
 * Functions begin with the name of their file, as svnic_thread_ and svnic_pci_.
 * The core has an fn.c and a dma.c too, so those of svnic_fn.c and svnic_dma.c
 * begin with svnic_host_fn_ and svnic_host_dma_.
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

/* SvnicClass: class of PF and VFs */
struct SvnicClass {
    PCIDeviceClass parent_class;

    ResettablePhases parent_phases;
};

/* svnic_fifo.c: a bounded queue of frames from one thread to another */

typedef void SvnicFifoNotify(void *opaque);

/**
 * SvnicFifo: one producer, one consumer
 * @lock: guards everything but the contents of @buf
 * @buf: @size bytes; each slot has a header and a frame
 * @head: number of bytes ever put in, including the gaps at the end of @buf
 * @tail: number of bytes ever taken out
 * @full: a frame of the producer did not fit, it waits for @room
 * @data: called when a frame was put into an empty fifo
 * @room: called when there is space again after @full
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
 * SvnicDma: access of one function to host memory
 * @listener: listens to the function's bus master address space
 * @notifier: is notified when @iommu unmaps pages
 * @iommu: the IOMMU that translates for the function, or NULL
 * @sections: number of sections of the address space that an IOMMU translates
 * @direct: no IOMMU translates; guarded by dma_lock
 * @pages: cached translations if @iommu reports all that it unmaps, else NULL;
 *   guarded by dma_lock
 * @sizes: page sizes in @pages, one bit for each log2
 * @turn: counter that selects the entry of a set to replace next
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
 * SvnicFunction: data that PF and VFs have in common
 *
 * While a vCPU waits for the BQL to access a register, the holder of the BQL
 * may unplug the function. So @nic and its core live as long as the function,
 * and SvnicState.fns shows if the function is still plugged.
 *
 * @nic: the NIC it belongs to
 * @dev: its PCI device
 * @fn: its number in the core, 0 is the PF
 * @regs: BAR0
 * @msix: BAR2
 * @dma: its access to host memory
 * @irqs: MSI-X vectors to send, one bit for each
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
bool svnic_host_dma_may_master(const SvnicFunction *f);
int svnic_host_dma_rw(SvnicFunction *f, uint64_t addr, void *buf, size_t len,
                      DMADirection dir);

/* svnic_fn.c */

bool svnic_host_fn_realize(SvnicFunction *f, SvnicState *s, PCIDevice *dev,
                           unsigned fn, Error **errp);
void svnic_host_fn_exit(SvnicFunction *f);
void svnic_host_fn_write_config(SvnicFunction *f, uint32_t addr, uint32_t val,
                                int len);
bool svnic_host_fn_in_flr(const SvnicFunction *f);
void svnic_host_fn_reset(SvnicFunction *f);
uint64_t svnic_host_fn_msix_size(const struct svnic_core *core, unsigned fn);

/* svnic_vf.c */
void svnic_vf_map(PCIDevice *dev, bool map);

/* svnic_thread.c */

typedef void SvnicCall(void *opaque);

/**
 * SvnicThread: the data thread and the core lock
 * @lock: guards the members from here to @call_opaque
 * @cond_thread: the data thread waits here
 * @cond_bql: the holder of the BQL waits here
 * @thread_in: the data thread is in the core
 * @bql_in: the holder of the BQL is in the core
 * @bql_waits: the holder of the BQL waits for the core
 * @running: the virtual machine runs
 * @dead: the device was unplugged, the thread must end
 * @call: function that the data thread needs called with the BQL held
 * @call_opaque: its argument
 * @bh: calls @call from the main loop
 * @kicked: there is work for the data thread
 * @asleep: the data thread sleeps, or is about to, on @wake
 * @irq_fns: functions with irqs to send
 * @link: link state of the wire
 * @link_shown: link state that the core has; used by the data thread only
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
 * SvnicHold: measures how long work for the NIC keeps the BQL, and so delays
 * QEMU's main loop and all that waits for it; guarded by the BQL
 * @depth: depth of nested holds
 * @since: time when the outermost one began
 * @count: number of holds
 * @late: number of holds longer than SVNIC_HOLD_LATE_NS
 * @max_ns: the longest hold
 */
typedef struct SvnicHold {
    unsigned depth;
    int64_t since;
    uint64_t count;
    uint64_t late;
    uint64_t max_ns;
} SvnicHold;

#define SVNIC_HOLD_LATE_NS (20 * 1000 * 1000)

void svnic_thread_hold(SvnicState *s);
void svnic_thread_release(SvnicState *s);

bool svnic_thread_start(SvnicState *s, Error **errp);
void svnic_thread_stop(SvnicState *s);
void svnic_thread_finalize(SvnicState *s);
void svnic_thread_lock(SvnicState *s);
void svnic_thread_unlock(SvnicState *s);
void svnic_thread_call_bql(SvnicState *s, SvnicCall *call, void *opaque);
void svnic_thread_kick(void *opaque);
void svnic_thread_set_link(SvnicState *s, bool up);
void svnic_thread_irq(SvnicState *s, unsigned fn, unsigned vector);
void svnic_thread_irq_clear(SvnicState *s, unsigned fn, unsigned first);

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
 * @tx_bh: sends the frames in @tx
 * @tx_timer: continues that after a pause
 * @rx_bh: asks the backend for frames that did not fit into @rx
 * @tx_waits: the backend has a frame that it could not send yet
 * @vnet: frames begin with a virtio_net_hdr
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
 * @core: NULL before realize; not used after unrealize
 * @fns: functions by number; NULL where there is none
 * @num_vfs: number of VFs in the core
 * @vfs_mapped: VF MSE, as it was applied to the VFs
 * @in: frames from the wire, NULL without a wire
 * @out: frames to the wire
 * @dma_lock: guards the access to host memory of all functions
 * @faults: injected faults, NULL without x-faults and x-slow-ms
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
    uint32_t flow_rules;
    uint32_t rss_contexts;
    uint32_t speed;
    char *serial;
    /* faults, for tests of drivers */
    bool with_faults;
    uint32_t slow_ms;
    bool bad_version;
    bool small_bar;
    bool no_msix;
    bool gone;
};

#endif /* HW_NET_SVNIC_QEMU_H */

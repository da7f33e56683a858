/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: injection of faults, for tests of drivers. Only with
 * properties x-faults or x-slow-ms.
 *
 * The core has no faults. They are injected between core and driver: in the
 * value of a register that is read, in the time when a write to a register is
 * done, in data that is written to memory. A window in the configuration space
 * of the PF (a vendor-specific capability) switches faults on and off while a
 * driver runs; Documentation/testing-scope.rst describes it.
 *
 * The BQL guards all of this. The data thread, in the core, injects faults of
 * memory, so faults are changed with the core lock held.
 */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"

#include "svnic_qemu.h"

#define SVNIC_CAP_FAULT         0x200
#define SVNIC_FAULT_ID          0x5fc0
#define SVNIC_FAULTS            16

/* Registers of the window */
enum {
    SVNIC_FAULT_HEADER = 0x04,
    SVNIC_FAULT_FN = 0x08,      /* function that has the fault */
    SVNIC_FAULT_ADDR = 0x0c,    /* a register in BAR0 */
    SVNIC_FAULT_MASK = 0x10,
    SVNIC_FAULT_VALUE = 0x14,
    SVNIC_FAULT_COUNT = 0x18,   /* how often, 0: until it is cleared */
    SVNIC_FAULT_ARG = 0x1c,
    SVNIC_FAULT_COMMAND = 0x20, /* a write executes the command */
    SVNIC_FAULT_RW_END = 0x24,
    SVNIC_FAULT_HITS = 0x24,    /* how often any fault was injected */
    SVNIC_FAULT_LATE = 0x28,    /* SvnicHold.late */
    SVNIC_FAULT_MAX_US = 0x2c,  /* SvnicHold.max_ns */
    SVNIC_FAULT_SIZE = 0x30,
};

/* Commands of SVNIC_FAULT_COMMAND */
enum {
    /* Removes all faults. Delayed writes are done now. */
    SVNIC_FAULT_CLEAR,
    /* ADDR reads with the bits of MASK replaced by those of VALUE. */
    SVNIC_FAULT_READ,
    /* The same, until the next FLR of the PF */
    SVNIC_FAULT_READ_FLR,
    /*
     * A write to ADDR whose value is VALUE in the bits of MASK is done ARG ms
     * later, ~0: never.
     */
    SVNIC_FAULT_WRITE,
    /*
     * The pair of registers at ADDR has the address of ARG bytes of memory. A
     * write to word MASK of each 16 bytes there is changed by XOR VALUE.
     */
    SVNIC_FAULT_DMA,
    /* Writes an event now: type ADDR, VF number MASK, data VALUE */
    SVNIC_FAULT_EVENT,
    /* Sets SVNIC_FAULT_HITS and the counters after it to 0. */
    SVNIC_FAULT_COUNTERS,
};

/* For SVNIC_FAULT_ADDR: any register, doorbells included */
#define SVNIC_FAULT_ANY         UINT32_MAX
#define SVNIC_FAULT_NEVER       UINT32_MAX

typedef struct SvnicFault {
    uint32_t kind;
    uint32_t fn;
    uint32_t addr;
    uint32_t mask;
    uint32_t value;
    uint32_t count;
    uint32_t arg;
    uint64_t base;              /* address of the memory of SVNIC_FAULT_DMA */
} SvnicFault;

/* A write that is delayed. */
typedef struct SvnicHeld {
    QTAILQ_ENTRY(SvnicHeld) next;
    unsigned fn;
    uint32_t addr;
    uint32_t val;
    int64_t due;                /* INT64_MAX: never */
} SvnicHeld;

/**
 * SvnicFaults: all faults of a NIC
 * @nic: the NIC
 * @fault: the faults; unused entries have kind SVNIC_FAULT_CLEAR
 * @held: delayed writes, in their order
 * @timer: does the delayed writes
 * @hits: how often any fault was injected
 */
struct SvnicFaults {
    SvnicState *nic;
    SvnicFault fault[SVNIC_FAULTS];
    QTAILQ_HEAD(, SvnicHeld) held;
    QEMUTimer *timer;
    uint32_t hits;
};

/* True for a register of any queue pair. */
static bool svnic_fault_qcfg(uint32_t addr)
{
    return addr >= SVNIC_REG_QCFG && addr < SVNIC_REF_DB_OFFSET;
}

/* A fault of a register of a queue pair applies to those of all pairs. */
static bool svnic_fault_at(const SvnicFault *fault, uint32_t addr)
{
    if (fault->addr == SVNIC_FAULT_ANY) {
        return true;
    }
    if (!svnic_fault_qcfg(addr)) {
        return addr == fault->addr;
    }
    return svnic_fault_qcfg(fault->addr) &&
           addr % SVNIC_QCFG_STRIDE == fault->addr % SVNIC_QCFG_STRIDE;
}

static void svnic_fault_hit(SvnicFaults *faults, SvnicFault *fault)
{
    qatomic_inc(&faults->hits);
    if (fault->count && !--fault->count) {
        fault->kind = SVNIC_FAULT_CLEAR;
    }
}

/* True if a reset of the function is delayed. */
static bool svnic_fault_resetting(const SvnicFaults *faults, unsigned fn)
{
    const SvnicHeld *held;

    QTAILQ_FOREACH(held, &faults->held, next) {
        if (held->fn == fn && held->addr == SVNIC_REG_CTRL &&
            held->val & SVNIC_CTRL_RESET) {
            return true;
        }
    }
    return false;
}

/* True if a write of ENABLE is delayed. */
static bool svnic_fault_enabling(const SvnicFaults *faults, unsigned fn)
{
    const SvnicHeld *held;

    QTAILQ_FOREACH(held, &faults->held, next) {
        if (held->fn == fn && held->addr == SVNIC_REG_CTRL) {
            return true;
        }
    }
    return false;
}

/* The value of STATUS while a write to CTRL is delayed (3.2) */
static uint64_t svnic_fault_status(const SvnicFaults *faults, unsigned fn,
                                   uint64_t val)
{
    if (svnic_fault_resetting(faults, fn)) {
        return SVNIC_STATUS_RESETTING;
    }
    return svnic_fault_enabling(faults, fn) ? val | SVNIC_STATUS_BUSY : val;
}

/* The same for QCFG_STATUS at @addr: halves that start or stop (4.1) */
static uint64_t svnic_fault_qstatus(const SvnicFaults *faults, unsigned fn,
                                    uint32_t addr, uint64_t val)
{
    uint32_t ctrl = addr - SVNIC_QCFG_STATUS + SVNIC_QCFG_CTRL;
    const SvnicHeld *held;
    uint64_t busy = 0;

    /* CTRL and STATUS have the same bits for the halves. */
    QTAILQ_FOREACH(held, &faults->held, next) {
        if (held->fn == fn && held->addr == ctrl) {
            busy |= (held->val ^ val) & (SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
        }
    }
    if (busy & SVNIC_QSTATUS_TX) {
        val &= ~((uint64_t)SVNIC_QSTATUS_ERR_MASK <<
                 SVNIC_QSTATUS_TX_ERR_SHIFT);
        val |= SVNIC_QSTATUS_TX_BUSY;
    }
    if (busy & SVNIC_QSTATUS_RX) {
        val &= ~((uint64_t)SVNIC_QSTATUS_ERR_MASK <<
                 SVNIC_QSTATUS_RX_ERR_SHIFT);
        val |= SVNIC_QSTATUS_RX_BUSY;
    }
    return val;
}

uint64_t svnic_fault_read(SvnicFunction *f, uint32_t addr, uint64_t val)
{
    SvnicFaults *faults = f->nic->faults;
    int i;

    if (addr == SVNIC_REG_STATUS) {
        val = svnic_fault_status(faults, f->fn, val);
    } else if (svnic_fault_qcfg(addr) &&
               addr % SVNIC_QCFG_STRIDE == SVNIC_QCFG_STATUS) {
        val = svnic_fault_qstatus(faults, f->fn, addr, val);
    }
    for (i = 0; i < SVNIC_FAULTS; i++) {
        SvnicFault *fault = &faults->fault[i];

        if ((fault->kind == SVNIC_FAULT_READ ||
             fault->kind == SVNIC_FAULT_READ_FLR) &&
            fault->fn == f->fn && svnic_fault_at(fault, addr)) {
            val = (val & ~(uint64_t)fault->mask) | fault->value;
            svnic_fault_hit(faults, fault);
        }
    }
    return val;
}

static void svnic_fault_do(SvnicState *s, const SvnicHeld *held)
{
    svnic_thread_lock(s);
    svnic_core_mmio_write(s->core, held->fn, held->addr, held->val, 4);
    svnic_thread_unlock(s);
}

static void svnic_fault_drop(SvnicFaults *faults, SvnicHeld *held)
{
    QTAILQ_REMOVE(&faults->held, held, next);
    g_free(held);
}

/*
 * Does the delayed writes that are due; with @clear all of them, except those
 * that are never done, which are dropped.
 */
static void svnic_fault_release(SvnicFaults *faults, bool clear)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL), first = INT64_MAX;
    SvnicHeld *held, *next;

    QTAILQ_FOREACH_SAFE(held, &faults->held, next, next) {
        bool lost = held->due == INT64_MAX;

        if (held->due <= now || (clear && !lost)) {
            svnic_fault_do(faults->nic, held);
        }
        if (held->due <= now || clear) {
            svnic_fault_drop(faults, held);
        } else {
            first = MIN(first, held->due);
        }
    }
    if (first != INT64_MAX) {
        timer_mod(faults->timer, first);
    }
}

static void svnic_fault_timer(void *opaque)
{
    svnic_fault_release(opaque, false);
}

/* Drops the delayed writes of a function, which has been reset. */
static void svnic_fault_forget(SvnicFaults *faults, unsigned fn)
{
    SvnicHeld *held, *next;

    QTAILQ_FOREACH_SAFE(held, &faults->held, next, next) {
        if (held->fn == fn) {
            svnic_fault_drop(faults, held);
        }
    }
}

/* Delays a write by @ms; SVNIC_FAULT_NEVER: for ever. */
static void svnic_fault_hold(SvnicFunction *f, uint32_t addr, uint64_t val,
                             uint32_t ms)
{
    SvnicFaults *faults = f->nic->faults;
    SvnicHeld *held = g_new0(SvnicHeld, 1);

    held->fn = f->fn;
    held->addr = addr;
    held->val = val;
    held->due = ms == SVNIC_FAULT_NEVER ? INT64_MAX :
                qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms;
    QTAILQ_INSERT_TAIL(&faults->held, held, next);
    svnic_fault_release(faults, false);
}

/*
 * With property x-slow-ms: each CTRL.RESET, ENABLE, start and stop takes a
 * while.
 */
static bool svnic_fault_slow(const SvnicState *s, uint32_t addr)
{
    return s->slow_ms &&
           (addr == SVNIC_REG_CTRL ||
            (svnic_fault_qcfg(addr) &&
             addr % SVNIC_QCFG_STRIDE == SVNIC_QCFG_CTRL));
}

/* Returns true if the write must not be done now. */
bool svnic_fault_write(SvnicFunction *f, uint32_t addr, uint64_t val)
{
    SvnicFaults *faults = f->nic->faults;
    int i;

    if (svnic_fault_resetting(faults, f->fn) ||
        (svnic_fault_enabling(faults, f->fn) &&
         !(addr == SVNIC_REG_CTRL && val & SVNIC_CTRL_RESET))) {
        return true;
    }
    for (i = 0; i < SVNIC_FAULTS; i++) {
        SvnicFault *fault = &faults->fault[i];

        if (fault->kind != SVNIC_FAULT_WRITE || fault->fn != f->fn ||
            !svnic_fault_at(fault, addr) ||
            (val & fault->mask) != fault->value) {
            continue;
        }
        if (fault->addr != SVNIC_FAULT_ANY) {
            svnic_fault_hold(f, addr, val, fault->arg);
        }
        svnic_fault_hit(faults, fault);
        return true;
    }
    if (addr == SVNIC_REG_CTRL && val & SVNIC_CTRL_RESET) {
        svnic_fault_forget(faults, f->fn);
    }
    if (svnic_fault_slow(f->nic, addr)) {
        svnic_fault_hold(f, addr, val, f->nic->slow_ms);
        return true;
    }
    return false;
}

/* In the core: a copy of the data with faults, or NULL if there are none. */
void *svnic_fault_dma(SvnicState *s, unsigned fn, uint64_t addr,
                      const void *buf, size_t len)
{
    uint8_t *lie = NULL;
    int i;

    for (i = 0; i < SVNIC_FAULTS; i++) {
        SvnicFault *fault = &s->faults->fault[i];
        uint64_t at;

        if (fault->kind != SVNIC_FAULT_DMA || fault->fn != fn) {
            continue;
        }
        /* Words are aligned, and written whole. */
        for (at = fault->base + 4 * fault->mask; at < fault->base + fault->arg;
             at += 16) {
            if (at < addr || at + 4 > addr + len) {
                continue;
            }
            if (!lie) {
                lie = g_memdup2(buf, len);
            }
            stl_le_p(lie + (at - addr), ldl_le_p(lie + (at - addr)) ^
                     fault->value);
            svnic_fault_hit(s->faults, fault);
            if (fault->kind != SVNIC_FAULT_DMA) {
                break;
            }
        }
    }
    return lie;
}

/* A reset of the function: drops delayed writes, and faults until the FLR. */
void svnic_fault_reset(SvnicState *s, unsigned fn)
{
    SvnicFaults *faults = s->faults;
    int i;

    if (!faults) {
        return;
    }
    svnic_fault_forget(faults, fn);
    for (i = 0; i < SVNIC_FAULTS && fn == SVNIC_VPORT_PF; i++) {
        if (faults->fault[i].kind == SVNIC_FAULT_READ_FLR) {
            faults->fault[i].kind = SVNIC_FAULT_CLEAR;
        }
    }
}

static void svnic_fault_event(SvnicState *s, const SvnicFault *fault)
{
    struct svnic_event event = {
        .type = fault->addr,
        .vf = cpu_to_le16(fault->mask),
        .data = cpu_to_le32(fault->value),
    };

    svnic_core_event(s->core, fault->fn, &event);
}

static void svnic_fault_add(SvnicState *s, SvnicFault *fault)
{
    int i;

    fault->base = svnic_core_mmio_read(s->core, fault->fn, fault->addr, 4) |
                  svnic_core_mmio_read(s->core, fault->fn, fault->addr + 4,
                                       4) << 32;
    for (i = 0; i < SVNIC_FAULTS; i++) {
        if (s->faults->fault[i].kind == SVNIC_FAULT_CLEAR) {
            s->faults->fault[i] = *fault;
            return;
        }
    }
}

static void svnic_fault_command(SvnicState *s)
{
    const uint8_t *window = PCI_DEVICE(s)->config + SVNIC_CAP_FAULT;
    SvnicFault fault = {
        .kind = pci_get_long(window + SVNIC_FAULT_COMMAND),
        .fn = pci_get_long(window + SVNIC_FAULT_FN),
        .addr = pci_get_long(window + SVNIC_FAULT_ADDR),
        .mask = pci_get_long(window + SVNIC_FAULT_MASK),
        .value = pci_get_long(window + SVNIC_FAULT_VALUE),
        .count = pci_get_long(window + SVNIC_FAULT_COUNT),
        .arg = pci_get_long(window + SVNIC_FAULT_ARG),
    };

    svnic_thread_lock(s);
    switch (fault.kind) {
    case SVNIC_FAULT_CLEAR:
        memset(s->faults->fault, 0, sizeof(s->faults->fault));
        break;
    case SVNIC_FAULT_READ:
    case SVNIC_FAULT_READ_FLR:
    case SVNIC_FAULT_WRITE:
    case SVNIC_FAULT_DMA:
        svnic_fault_add(s, &fault);
        break;
    case SVNIC_FAULT_EVENT:
        svnic_fault_event(s, &fault);
        break;
    case SVNIC_FAULT_COUNTERS:
        s->faults->hits = 0;
        s->hold.late = 0;
        s->hold.max_ns = 0;
        break;
    }
    svnic_thread_unlock(s);
    if (fault.kind == SVNIC_FAULT_CLEAR) {
        svnic_fault_release(s->faults, true);
    }
}

/* After a write to the PF's configuration space */
void svnic_fault_write_config(SvnicState *s, uint32_t addr, int len)
{
    if (s->faults &&
        range_covers_byte(addr, len, SVNIC_CAP_FAULT + SVNIC_FAULT_COMMAND)) {
        svnic_fault_command(s);
    }
}

/* Words of the window that are not stored in the configuration space */
uint32_t svnic_fault_read_config(const SvnicState *s, uint32_t addr,
                                 uint32_t val)
{
    if (!s->faults) {
        return val;
    }
    switch (addr) {
    case SVNIC_CAP_FAULT + SVNIC_FAULT_HITS:
        return qatomic_read(&s->faults->hits);
    case SVNIC_CAP_FAULT + SVNIC_FAULT_LATE:
        return s->hold.late;
    case SVNIC_CAP_FAULT + SVNIC_FAULT_MAX_US:
        return s->hold.max_ns / 1000;
    default:
        return val;
    }
}

void svnic_fault_init(SvnicState *s)
{
    PCIDevice *dev = PCI_DEVICE(s);

    s->faults = g_new0(SvnicFaults, 1);
    s->faults->nic = s;
    QTAILQ_INIT(&s->faults->held);
    s->faults->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, svnic_fault_timer,
                                    s->faults);
    pcie_add_capability(dev, PCI_EXT_CAP_ID_VNDR, 1, SVNIC_CAP_FAULT,
                        SVNIC_FAULT_SIZE);
    pci_set_long(dev->config + SVNIC_CAP_FAULT + SVNIC_FAULT_HEADER,
                 SVNIC_FAULT_ID | SVNIC_FAULT_SIZE << 20);
    memset(dev->wmask + SVNIC_CAP_FAULT + SVNIC_FAULT_FN, 0xff,
           SVNIC_FAULT_RW_END - SVNIC_FAULT_FN);
}

void svnic_fault_exit(SvnicState *s)
{
    SvnicHeld *held, *next;

    if (!s->faults) {
        return;
    }
    QTAILQ_FOREACH_SAFE(held, &s->faults->held, next, next) {
        svnic_fault_drop(s->faults, held);
    }
    timer_free(s->faults->timer);
    g_clear_pointer(&s->faults, g_free);
}

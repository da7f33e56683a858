# SPDX-License-Identifier: GPL-2.0-only
#
# Two halves. kbuild reads the first, out of tree (make modules KDIR=...) and in
# tree (as drivers/net/ethernet/svnic). People read the second.
#
# KERNELRELEASE does not tell them apart: DKMS has it on the command line of
# every make. kbuild alone says what directory it works on.

ifneq ($(obj),)

# ---- kbuild ----

# Nobody configures a build out of tree: all drivers are modules there.
ifneq ($(KBUILD_EXTMOD),)
export CONFIG_LIBSVNIC ?= m
export CONFIG_SVNIC ?= m
export CONFIG_SVNICVF ?= m
endif

subdir-ccflags-y += -I$(src)/uapi

obj-$(CONFIG_LIBSVNIC) += lib/
obj-$(CONFIG_SVNIC) += pf/
obj-$(CONFIG_SVNIC_KUNIT_TEST) += pf/
obj-$(CONFIG_SVNICVF) += vf/

else

# ---- people ----

KDIR ?= /lib/modules/$(shell uname -r)/build
KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR)

LAB := selftests/lab/lab
KERNEL ?= newest
NIC ?= svnic
FUZZ_SECONDS = $(or $(SECONDS),60)
SOAK_SECONDS = $(or $(SECONDS),3600)
GUESTS ?= 16
LAB_OPTIONS = --kernel $(KERNEL) --nic $(NIC) $(if $(OUT),--out "$(OUT)")

.PHONY: modules install modules_install clean help lab-run lab-shell lab-build
.PHONY: bench demo check check-core check-debian check-debug check-dkms
.PHONY: check-fuzz check-kexec check-kunit check-lab check-policy check-shim
.PHONY: check-sriov check-vm fuzz packages soak static upstream-tests

modules:
	$(KBUILD) modules

install modules_install: modules
	$(KBUILD) modules_install

clean:
	$(KBUILD) clean

lab-run:
	$(if $(SCRIPT),,$(error name a script: make lab-run SCRIPT=FILE))
	@$(LAB) run $(LAB_OPTIONS) "$(SCRIPT)" $(ARGS)

lab-shell:
	@$(LAB) shell $(LAB_OPTIONS)

lab-build:
	@$(LAB) build --kernel $(KERNEL)

packages:
	@$(LAB) packages $(if $(OUT),--out "$(OUT)")

demo:
	@echo 'make demo: builds what is missing, boots the lab host, makes VFs, moves'
	@echo '  files between two KVM guests, the wire and the PF'
	@$(LAB) run --kernel $(KERNEL) --nic svnic selftests/demo/demo.py || \
		{ echo 'demo: FAIL (see above)'; exit 1; }

bench:
	@$(LAB) bench --kernel $(KERNEL) $(if $(QUICK),--quick) \
		$(if $(OUT),--out "$(OUT)")

check:
	@$(LAB) check

# GUEST_KERNEL is for guests that have another one than the lab host
check-core check-debian check-dkms check-fuzz check-kexec check-kunit \
		check-lab check-shim check-sriov check-vm:
	@KERNEL=$(KERNEL) LAB_GUEST_KERNEL=$(GUEST_KERNEL) \
		$(LAB) check $(@:check-%=%)

# KCSAN is a kernel of its own: make check-debug KERNEL=kcsan
check-debug:
	@KERNEL=$(or $(filter kcsan,$(KERNEL)),debug) \
		LAB_GUEST_KERNEL=$(GUEST_KERNEL) $(LAB) check lab sriov

check-policy:
	@$(LAB) check fuzz policy

fuzz:
	@$(LAB) fuzz --seconds $(FUZZ_SECONDS)

soak:
	@echo 'make soak: $(GUESTS) guests come and go for $(SOAK_SECONDS) s, everything at random'
	@LAB_MEM="$${LAB_MEM:-10G}" LAB_TIMEOUT=$$(($(SOAK_SECONDS) * 2 + 1800)) \
		selftests/svnic/run.sh KSFT_TIMEOUT=$$(($(SOAK_SECONDS) * 2 + 1500)) \
		SOAK_SECONDS=$(SOAK_SECONDS) SOAK_GUESTS=$(GUESTS) \
		SOAK_SEED=$(or $(SEED),$$(date +%s)) soak

static:
	@$(LAB) check static

upstream-tests:
	@$(LAB) upstream $(LAB_OPTIONS) $(TESTS)

help:
	@echo 'make modules [KDIR=DIR]   build the drivers for a kernel (default: the one that runs)'
	@echo 'make install [KDIR=DIR]   and install them'
	@echo 'make packages [OUT=DIR]   build packages of QEMU and drivers, for Debian 12 and 13, RPM; a tarball (as root)'
	@echo 'make demo                 see it work (as root)'
	@echo 'make check                all kinds of tests, about an hour (as root)'
	@echo 'make check-core           only unit tests of the reference NIC'
	@echo 'make check-debian         only what make packages builds: installed, upgraded, removed'
	@echo 'make check-debug [KERNEL=kcsan]'
	@echo '                          tests in the lab, on a kernel that looks for errors'
	@echo 'make check-dkms           only DKMS: install in a clean Debian, boot, load'
	@echo 'make check-shim           only tests of its place in QEMU'
	@echo 'make check-fuzz           only the fuzzers, a bounded run'
	@echo 'make check-kexec          only kernels that start after one another in the lab'
	@echo 'make check-kunit          only unit tests of the modules'
	@echo 'make check-lab [KERNEL=newest|stable] [GUEST_KERNEL=newest|stable]'
	@echo '                          only tests in the lab'
	@echo 'make check-policy         rates, hostile VFs, fuzzers; a table of the figures'
	@echo 'make check-sriov [NIC=svnic|igb] [KERNEL=newest|stable]'
	@echo '                          only the tests of SR-IOV that suit any NIC'
	@echo 'make check-vm [FULL=1]    only svnic-vm: a Debian of its own with the NIC, booted by it'
	@echo 'make fuzz [SECONDS=N]     each fuzzer for N seconds (as root)'
	@echo 'make soak [SECONDS=3600] [GUESTS=16] [SEED=N]'
	@echo '                          guests, knobs, resets, traffic at random (as root)'
	@echo 'make static               static checks (as root)'
	@echo 'make upstream-tests [NIC=svnic|svnicvf|igb|virtio-net] [TESTS="FILE ..."] [OUT=DIR]'
	@echo "                          the kernel's own tests of NICs, a table of results (as root)"
	@echo 'make bench [OUT=DIR] [QUICK=1]'
	@echo '                          compare the NIC with igb and virtio-net (as root)'
	@echo 'make lab-run SCRIPT=FILE [KERNEL=newest|stable|debug|kcsan] [OUT=DIR] [NIC=svnic|igb|virtio-net]'
	@echo '                          boot the lab host, run FILE as root in it (as root)'
	@echo 'make lab-shell            boot the lab host, be root in it (as root)'
	@echo 'make lab-build            only build what the lab needs (as root)'

endif

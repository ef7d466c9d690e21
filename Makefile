# tunwatch
#   make [BUILD=release|debug|asan|ubsan] [CC=gcc|clang]   build/BUILD-CC/tunwatch
#   make install [DESTDIR=] [PREFIX=/usr/local]            program, man pages, profiles, completion
#   make demo [LAB=1]             tunnels in namespaces, and tunwatch on them; LAB=1: the lab's, with IKE and BGP
#   make check [T="FILE..."]      every test this machine can run; with BUILD=asan or QUICK=1 those that need
#                                 neither namespaces nor seconds
#   make check-lab                every scenario with real tunnels, in User-Mode Linux (half an hour)
#   make memcheck                 the unit tests under valgrind
#   make fuzz [FUZZ_SECONDS=60]   libFuzzer on every target; fuzz-long: FUZZ_COUNT seeded inputs each
#   make bench                    against other programs, as ratios
#   make deps, deps-test          install the Debian packages to build, to test and to show

BUILD ?= release
PREFIX ?= /usr/local
DESTDIR ?=
WERROR ?= -Werror
JOBS ?= $(shell nproc)
ifeq ($(origin CC),default)
CC := gcc
endif
CCNAME := $(notdir $(firstword $(CC)))
B := build/$(BUILD)-$(CCNAME)

PKGS := libevent libmnl libpcap libpcre2-8 ncursesw jansson libconfuse libcap-ng
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
WARN := -Wall -Wextra $(WERROR) -Wswitch-enum -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-format-nonliteral -Wcast-qual
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Iinclude -Isrc
LDLIBS += $(PKG_LIBS) -lm
CFLAGS_release := -O2 -g -fstack-protector-strong -fPIE
CFLAGS_debug := -O0 -g3 -U_FORTIFY_SOURCE -fPIE
CFLAGS_asan := -O1 -g -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_ubsan := -O1 -g -U_FORTIFY_SOURCE -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_fuzz := $(CFLAGS_asan) -fsanitize=fuzzer-no-link
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_debug := -pie
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_ubsan := -fsanitize=undefined
LDFLAGS_fuzz := $(LDFLAGS_asan)
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS_$(BUILD)) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LDFLAGS_$(BUILD)) $(LDFLAGS)

LAYERS := base record recording model decode source canvas table report view term app
SRC := $(wildcard $(addprefix src/,$(addsuffix /*.c,$(LAYERS))))
OBJ := $(patsubst src/%.c,$(B)/%.o,$(SRC))
LIBOBJ := $(filter-out $(B)/app/main.o,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/tools/%,$(wildcard tests/tools/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all clean unit tools fuzzers install uninstall check run-check memcheck run-memcheck \
	check-lab run-check-lab fuzz run-fuzz fuzz-long run-fuzz-long bench demo deps deps-test
.SECONDARY:
all: $(B)/tunwatch

# ---- build (V=1: whole commands)

ifeq ($(V),)
say = @echo "  $(1) $(@:$(B)/%=%)";
endif

$(B)/tunwatch: $(B)/app/main.o $(B)/libtunwatch.a
	$(call say,LD) $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libtunwatch.a: $(LIBOBJ)
	$(call say,AR) rm -f $@ && ar rcs $@ $^

$(B)/%.o: src/%.c | $(B)/.deps
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# where it looks for profiles is where they are installed
$(B)/app/profile_file.o: CPPFLAGS += -DPROFILE_DIR='"$(PREFIX)/share/tunwatch/profiles"'
$(B)/app/profile_file.o: $(B)/.prefix
.PHONY: always
$(B)/.prefix: always
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@

$(B)/tests/unit/%: tests/unit/%.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libtunwatch.a -lcmocka $(LDLIBS)

$(B)/tests/tools/%: tests/tools/%.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libtunwatch.a $(LDLIBS)

# fuzz targets define LLVMFuzzerTestOneInput; tests/fuzz/driver.c runs files and seeded random inputs without libFuzzer
FUZZ_MAIN := tests/fuzz/driver.c
ifeq ($(BUILD),fuzz)
FUZZ_MAIN := -fsanitize=fuzzer
endif
$(B)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(FUZZ_MAIN) $(B)/libtunwatch.a $(LDLIBS)

unit: $(UNIT)
tools: $(TOOLS)
fuzzers: $(FUZZ)

# what the build needs, asked once per build folder
lacks = { echo "tunwatch: $(1). On Debian, as root: make deps" >&2; exit 1; }
$(B)/.deps:
	@command -v $(firstword $(CC)) > /dev/null || $(call lacks,no compiler $(firstword $(CC)))
	@command -v pkg-config > /dev/null || $(call lacks,no pkg-config)
	@pkg-config --exists --print-errors $(PKGS) || $(call lacks,libraries are missing)
	@echo '#include <uthash.h>' | $(CC) -fsyntax-only -xc - || $(call lacks,uthash is missing)
	@mkdir -p $(@D)
	@touch $@

clean:
	rm -rf build

# ---- install

share := $(DESTDIR)$(PREFIX)/share
install: all
	install -D -m 755 $(B)/tunwatch $(DESTDIR)$(PREFIX)/bin/tunwatch
	for page in man/*.[1-8]; do install -D -m 644 $$page $(share)/man/man$${page##*.}/$${page##*/} || exit 1; done
	install -D -m 644 contrib/completion/tunwatch.bash $(share)/bash-completion/completions/tunwatch
	for p in contrib/profiles/*.conf; do install -D -m 644 $$p $(share)/tunwatch/profiles/$${p##*/} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/tunwatch $(share)/bash-completion/completions/tunwatch
	for page in man/*.[1-8]; do rm -f $(share)/man/man$${page##*.}/$${page##*/}; done
	for p in contrib/profiles/*.conf; do rm -f $(share)/tunwatch/profiles/$${p##*/}; done

deps:
	contrib/deps.sh install build

deps-test:
	contrib/deps.sh install test demo routers

# ---- tests: one run of prove, and its closing line counts test points

SHELL_TESTS := $(wildcard tests/*/*.t)
ifneq ($(QUICK)$(filter asan,$(BUILD)),)
SHELL_TESTS := $(filter tests/fuzz/% tests/e2e/%,$(SHELL_TESTS))
endif
T ?= $(filter tests/netns/%,$(SHELL_TESTS)) $(UNIT) $(filter-out tests/netns/%,$(SHELL_TESTS))
TEST_ENV = B=$(abspath $(B)) TUNWATCH=$(abspath $(B)/tunwatch) TOOLS=$(abspath $(B)/tests/tools) \
	FUZZERS=$(abspath $(B)/tests/fuzz) LC_ALL=C.UTF-8 TZ=UTC CMOCKA_MESSAGE_OUTPUT=TAP PERL5LIB=tests/lib
AT_ONCE ?= 3
# namespaces in two rows, one after the other in each (they wait rather than compute), beside everything else
PROVE = $(TEST_ENV) prove --harness Harness --timer -j$(AT_ONCE) --rules 'seq=tests/netns/p*' --rules 'seq=tests/netns/*' \
	--rules 'par=**'

# the packages first, then a new make that sees them; without those of the lab its tests say what they miss
check:
	@contrib/deps.sh install build test
	@[ "$$(id -u)" != 0 ] || contrib/deps.sh install lab routers
	@$(MAKE) --no-print-directory -j$(JOBS) all unit tools fuzzers
	@$(MAKE) --no-print-directory run-check

run-check:
	@$(PROVE) --exec 'tests/lib/bounded 300' $(T)

# all scenarios, $(AT_ONCE) guests at a time (they mostly wait); each comparison is shown to notice an untruth, too
LAB_T ?= $(wildcard tests/lab/*.t tests/lab/long/*.t)
check-lab:
	@contrib/deps.sh install build test lab lab-qemu
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory run-check-lab

run-check-lab:
	@LAB_FALSIFY=1 $(PROVE) --exec 'tests/lib/bounded 900' $(LAB_T)

memcheck:
	@contrib/deps.sh install build test ci
	@$(MAKE) --no-print-directory -j$(JOBS) unit
	@$(MAKE) --no-print-directory run-memcheck

VALGRIND := valgrind -q --suppressions=tests/lib/valgrind.supp --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible
# the long ones first
LONG_UNIT := $(filter %_damage %_model %_seek %_timeline,$(UNIT))
run-memcheck:
	@DIALOGUE_SEEDS=12 $(PROVE) --exec 'tests/lib/bounded 600 $(VALGRIND)' $(LONG_UNIT) $(filter-out $(LONG_UNIT),$(UNIT))

# ---- fuzz

FUZZ_SECONDS ?= 60
FUZZ_COUNT ?= 10000000
SEED ?= $(shell date +%s)

fuzz:
	@contrib/deps.sh install build ci
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=fuzz CC=clang fuzzers
	@$(MAKE) --no-print-directory BUILD=fuzz CC=clang run-fuzz

run-fuzz:
	@for target in $(notdir $(FUZZ)); do \
		echo "== $$target for $(FUZZ_SECONDS) s"; \
		mkdir -p build/corpus/$$target tests/corpus/$${target#fuzz_} || exit 1; \
		$(B)/tests/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=5 -print_final_stats=1 \
			-artifact_prefix=build/corpus/ build/corpus/$$target tests/corpus/$${target#fuzz_} || exit 1; \
	done

fuzz-long:
	@contrib/deps.sh install build
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=asan fuzzers
	@$(MAKE) --no-print-directory BUILD=asan run-fuzz-long

run-fuzz-long:
	@for target in $(notdir $(FUZZ)); do \
		echo "== $$target -r $(SEED) -n $(FUZZ_COUNT)"; \
		nice $(B)/tests/fuzz/$$target -r $(SEED) -n $(FUZZ_COUNT) tests/corpus/$${target#fuzz_}/* || exit 1; \
	done

# ---- bench and demo

bench:
	@contrib/deps.sh install build bench
	@$(MAKE) --no-print-directory -j$(JOBS) all tools
	@$(TEST_ENV) tests/bench/run

ifeq ($(LAB),)
demo:
	@contrib/deps.sh install build demo
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(TEST_ENV) contrib/demo/demo.sh
else
demo:
	@contrib/deps.sh install build lab
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@terminal=; if test -t 0 && test -t 1; then terminal=-i; fi; \
	tests/lab/bin/uml-run -t 3600 $$terminal tests/lab/demo.sh $(abspath $(B)/tunwatch)
endif

-include $(OBJ:.o=.d) $(addsuffix .d,$(UNIT) $(TOOLS) $(FUZZ))

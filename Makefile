# tunwatch
# make [BUILD=release|debug|asan|ubsan] [CC=gcc|clang]; make check, bench, fuzz, demo, install, deps, deps-test

VERSION := 0.1
BUILD ?= release
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif
CCNAME := $(notdir $(firstword $(CC)))
B := build/$(BUILD)-$(CCNAME)

PKGS := libevent libmnl libpcap libpcre2-8 ncursesw jansson libconfuse libcap-ng
WARN := -Wall -Wextra -Werror -Wswitch-enum -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-format-nonliteral -Wcast-qual
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Iinclude -Isrc
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm
CFLAGS_release := -O2 -g -fstack-protector-strong -fPIE
CFLAGS_debug := -O0 -g3 -U_FORTIFY_SOURCE -fPIE
CFLAGS_asan := -O1 -g -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_ubsan := -O1 -g -U_FORTIFY_SOURCE -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_ubsan := -fsanitize=undefined
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS_$(BUILD)) $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = $(LDFLAGS_$(BUILD)) $(LDFLAGS)

LAYERS := base record recording model decode source canvas table report view term app
SRC := $(wildcard $(addprefix src/,$(addsuffix /*.c,$(LAYERS))))
MAIN := src/app/main.c
OBJ := $(patsubst src/%.c,$(B)/%.o,$(SRC))
LIBOBJ := $(filter-out $(B)/app/main.o,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/tools/%,$(wildcard tests/tools/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all clean unit tools fuzzers
.SECONDARY:
all: $(B)/tunwatch

$(B)/tunwatch: $(B)/app/main.o $(B)/libtunwatch.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libtunwatch.a: $(LIBOBJ)
	rm -f $@
	ar rcs $@ $^

$(B)/%.o: src/%.c | $(B)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libtunwatch.a -lcmocka $(LDLIBS)

$(B)/tests/tools/%: tests/tools/%.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libtunwatch.a $(LDLIBS)

# fuzz targets define LLVMFuzzerTestOneInput; tests/fuzz/driver.c runs files and seeded random inputs without libFuzzer
$(B)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(B)/libtunwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< tests/fuzz/driver.c $(B)/libtunwatch.a $(LDLIBS)

unit: $(UNIT)
tools: $(TOOLS)
fuzzers: $(FUZZ)

$(B)/.deps:
	@mkdir -p $(@D)
	@touch $@

clean:
	rm -rf build

-include $(OBJ:.o=.d) $(addsuffix .d,$(UNIT) $(TOOLS) $(FUZZ))

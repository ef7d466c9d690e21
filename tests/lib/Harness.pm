# SPDX-License-Identifier: GPL-2.0-or-later
# prove's harness, which also says at the end what was skipped and why, and counts test points honestly: a skipped
# point is not a passed one, and a file that ended badly without a failed point counts as one failure.
package Harness;
use strict;
use warnings;
use parent 'TAP::Harness';

sub new {
	my $class = shift;
	my $self = $class->SUPER::new(@_);
	my %reasons; # "reason" => [files and points]
	$self->callback(made_parser => sub {
		my ($parser, $job) = @_;
		my $file = $job->[1];
		$parser->callback(test => sub {
			my $result = shift;
			push @{ $reasons{ $result->explanation } }, $file if $result->has_skip;
		});
	});
	$self->{skip_reasons} = \%reasons;
	return $self;
}

sub summary {
	my ($self, $all, @rest) = @_;
	$self->SUPER::summary($all, @rest);
	my ($passed, $failed, $skipped) = (0, 0, 0);
	for my $file ($all->descriptions) {
		my ($parser) = $all->parsers($file);
		if (defined $parser->skip_all) {
			push @{ $self->{skip_reasons}{ $parser->skip_all } }, $file;
			$skipped++;
		}
		my @skipped = $parser->skipped;
		my @failed = $parser->failed;
		$skipped += @skipped;
		$passed += $parser->passed - @skipped;
		$failed += @failed;
		$failed++ if !@failed && $parser->has_problems;
	}
	$self->tell_skips;
	print "$passed passed, $failed failed, $skipped skipped\n";
	return;
}

sub tell_skips {
	my $self = shift;
	my $reasons = $self->{skip_reasons};
	print "\nSkipped:\n" if %$reasons;
	for my $reason (sort keys %$reasons) {
		my %count;
		$count{$_}++ for @{ $reasons->{$reason} };
		my $where = join ', ', map { $count{$_} > 1 ? "$_ ($count{$_})" : $_ } sort keys %count;
		print "  $reason: $where\n";
	}
	return;
}

1;

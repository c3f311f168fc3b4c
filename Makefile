# The targets of the house; what they set up is in .ci/.

.PHONY: help run test bench leaks lab pictures lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make run       open the console on this host        ARGS="status local --json"'
	@echo 'make test      run every check                      ARGS="tests/console -k dmsetup"'
	@echo 'make bench     measure against the budgets        ARGS="console grid"'
	@echo 'make leaks     kill at every step of everything     hours; ARGS="-k start"'
	@echo 'make lab       boot hosts to watch, of every style  ARGS="casper dracut-*"'
	@echo 'make pictures  draw screenshots/ again'
	@echo 'make lock      renew the locked versions in .ci/'
	@echo 'make clean     remove .venv and everything built'

run:
	@sh .ci/setup run && exec .venv/bin/subdeck $(ARGS)

test:
	@sh .ci/ready && exec sh .ci/python -m pytest $(ARGS)

bench:
	@sh .ci/ready bench && exec sh .ci/python -m tests.bench $(ARGS)

leaks: export LEAKS = all
leaks: export HOSTILE = 2000
leaks:
	@sh .ci/ready && exec sh .ci/python -m pytest \
		tests/test_device_mapper.py tests/lab/test_kill_matrix.py tests/lab/test_hostile_confs.py \
		tests/lab/test_guest_subhosts.py tests/lab/test_guests.py \
		tests/lab/test_guests_seen.py tests/lab/test_guests_asked.py \
		tests/lab/test_grow_guests.py tests/lab/test_grow_stores.py \
		tests/lab/test_grow_struck.py tests/lab/test_upgrade_swap.py \
		tests/lab/test_upgrade_guests.py tests/lab/test_rollout_guests.py tests/lab/test_docs.py \
		tests/backends/images/test_publish.py \
		tests/screens/test_every_key.py tests/screens/test_rule_zero.py \
		tests/screens/test_app.py tests/screens/test_hostile_world.py \
		$$(grep -rl --include='test_*.py' '^from hypothesis' tests) $(ARGS)

lab:
	@sh .ci/ready && exec sh .ci/python -m tests.lab.guests $(ARGS)

pictures:
	@sh .ci/setup test && exec sh .ci/python screenshots/take.py $(ARGS)

lock:
	@sh .ci/setup test && exec sh .ci/lock $(ARGS)

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	@find . -name __pycache__ -prune -exec rm -rf {} +

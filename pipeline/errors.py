"""The exception tree: every mistake seedwright explains, and nothing else.

    SeedwrightError            one line for the user: "<where>: <what is wrong, with the value>; <what to do>"
    |- InputError              a file, row, setting or argument is wrong               exit code 2
    |- TeacherError            the teacher cannot be reached or refuses us altogether  exit code 2
    |- GateStop                a gate or an empty result stopped the run               exit code 3
    `- BudgetStop              the budget in dollars is used up                        exit code 4

A failed completion is none of these: it is a row with a reason.
"""


class SeedwrightError(Exception):
    exit_code = 1


class InputError(SeedwrightError):
    exit_code = 2


class TeacherError(SeedwrightError):
    exit_code = 2


class GateStop(SeedwrightError):
    exit_code = 3


class BudgetStop(SeedwrightError):
    exit_code = 4

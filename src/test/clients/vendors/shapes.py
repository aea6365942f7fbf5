"""Holds a JSON value to a type of a vendor's library: a TypedDict of openai's or anthropic's, a model of google-genai's.

Stricter than the libraries are with themselves: a member that the type does not have is an error, and nothing is coerced.
"""

import base64
import binascii
import collections.abc
import enum
import functools
import types
import typing

import pydantic
import typing_extensions


class Mismatch(Exception):
    """A value that is not of its type. Says where, and what was expected."""

    def __init__(self, path, problem):
        super().__init__(f"{path or 'the request'}: {problem}")
        self.path = path


def check(value, shape, path=""):
    """Raises Mismatch unless the value is of the type."""
    origin = typing_extensions.get_origin(shape)
    arguments = typing_extensions.get_args(shape)
    if shape in (typing.Any, object):
        return
    if origin in (typing.Annotated, typing_extensions.Required, typing_extensions.NotRequired):
        return check(value, arguments[0], path)
    if origin in (typing.Union, types.UnionType):
        return _check_union(value, arguments, path)
    if origin in (typing.Literal, typing_extensions.Literal):
        return _expect(any(value == each and type(value) is type(each) for each in arguments), path, f"one of {arguments}", value)
    if origin in (dict, collections.abc.Mapping):
        _expect(isinstance(value, dict), path, "an object", value)
        for name, member in value.items():
            check(member, arguments[1], f"{path}.{name}")
        return None
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence) or _is_sequence(origin):
        _expect(isinstance(value, list), path, "an array", value)
        for index, element in enumerate(value):
            check(element, arguments[0], f"{path}[{index}]")
        return None
    if isinstance(shape, typing.TypeVar):
        return None
    if typing_extensions.is_typeddict(shape):
        return _check_members(value, _members_of_dict(shape), path)
    if isinstance(shape, type) and issubclass(shape, pydantic.BaseModel):
        return _check_members(value, _members_of_model(shape), path)
    if isinstance(shape, type) and issubclass(shape, enum.Enum):
        return _expect(value in [each.value for each in shape], path, f"a {shape.__name__}", value)
    return _check_plain(value, shape, path)


def _check_plain(value, shape, path):
    if shape is type(None):
        _expect(value is None, path, "null", value)
    elif shape is dict:
        _expect(isinstance(value, dict), path, "an object", value)
    elif shape is list:
        _expect(isinstance(value, list), path, "an array", value)
    elif shape is bytes:
        _expect(isinstance(value, str) and _is_base64(value), path, "base64", value)
    elif shape is float:
        _expect(isinstance(value, (int, float)) and not isinstance(value, bool), path, "a number", value)
    elif shape is int:
        _expect(isinstance(value, int) and not isinstance(value, bool), path, "an integer", value)
    elif isinstance(shape, type):
        _expect(isinstance(value, shape), path, f"a {shape.__name__}", value)
    else:
        raise TypeError(f"{path}: the checker does not know {shape}")


def _check_union(value, choices, path):
    mismatches = []
    for choice in choices:
        try:
            return check(value, choice, path)
        except Mismatch as mismatch:
            mismatches.append(mismatch)
    # The choice that got farthest is the one that was meant.
    raise max(mismatches, key=lambda each: each.path.count(".") + each.path.count("["))


def _check_members(value, members, path):
    _expect(isinstance(value, dict), path, "an object", value)
    for name, member in value.items():
        if name not in members:
            raise Mismatch(f"{path}.{name}", f"no such member; there are {sorted(members)}")
        check(member, members[name][0], f"{path}.{name}")
    for name, (_, required) in members.items():
        if required and name not in value:
            raise Mismatch(f"{path}.{name}", "missing")


@functools.cache
def _members_of_dict(shape):
    members = {}
    for base in getattr(shape, "__orig_bases__", ()):
        if typing_extensions.is_typeddict(base):
            members |= _members_of_dict(base)
    hints = typing_extensions.get_type_hints(shape, include_extras=True)
    for name in shape.__dict__.get("__annotations__", {}):
        hint = hints[name]
        qualifiers = _qualifiers(hint)
        required = typing_extensions.Required in qualifiers or (
            shape.__total__ and typing_extensions.NotRequired not in qualifiers
        )
        if name in members and name not in _own(shape):
            continue
        members[_alias(hint) or name] = (hint, required)
    return members


def _own(shape):
    inherited = set()
    for base in getattr(shape, "__orig_bases__", ()):
        if typing_extensions.is_typeddict(base):
            inherited |= set(typing_extensions.get_type_hints(base))
    return set(shape.__annotations__) - inherited


def _qualifiers(hint):
    found = set()
    while (origin := typing_extensions.get_origin(hint)) in (
        typing_extensions.Required,
        typing_extensions.NotRequired,
        typing.Annotated,
    ):
        found.add(origin)
        hint = typing_extensions.get_args(hint)[0] if origin is not typing.Annotated else hint.__origin__
    return found


def _alias(hint):
    while origin := typing_extensions.get_origin(hint):
        if origin is typing.Annotated:
            for extra in hint.__metadata__:
                if getattr(extra, "alias", None):
                    return extra.alias
            hint = hint.__origin__
        elif origin in (typing_extensions.Required, typing_extensions.NotRequired):
            hint = typing_extensions.get_args(hint)[0]
        else:
            break
    return None


@functools.cache
def _members_of_model(model):
    return {field.alias or name: (field.annotation, field.is_required()) for name, field in model.model_fields.items()}


def _is_sequence(origin):
    return getattr(origin, "__name__", "") == "SequenceNotStr"


def _is_base64(text):
    try:
        base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return False
    return True


def _expect(holds, path, expected, value):
    if not holds:
        raise Mismatch(path, f"expected {expected}, got {str(value)[:60]!r}")

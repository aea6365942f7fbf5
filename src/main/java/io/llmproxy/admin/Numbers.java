package io.llmproxy.admin;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Numbers of what has only a name here: the API of a replaced system calls it by them. A name keeps its number for good, and no number is
 * given to another name. Each call may wait for a database for some seconds.
 */
public interface Numbers {
    /** What is numbered, each by itself and from 1. */
    enum Kind {
        PROVIDER,
        CREDENTIAL
    }

    /** Returns the number of each name; those that have none get the next ones, in the order of the names. */
    Map<String, Long> of(Kind kind, Collection<String> names);

    /** Returns which name has a number; nothing if none has. */
    Optional<String> name(Kind kind, long number);
}

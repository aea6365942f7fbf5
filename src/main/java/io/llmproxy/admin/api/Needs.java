package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The least role that a call of this method needs. A method without it is open to everyone, so a test demands it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Needs {
    Role value();

    /**
     * Whether a role that is bound to a scope is enough. Such a method looks at the caller's {@link Reach}, and tells and changes nothing
     * beyond it.
     */
    boolean scoped() default false;
}

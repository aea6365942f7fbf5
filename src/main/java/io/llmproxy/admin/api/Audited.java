package io.llmproxy.admin.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A call of this method is noted in the audit, also if it is refused. The object is the first parameter of the path. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Audited {
    /** What is done, such as {@code config.commit}. */
    String value();
}

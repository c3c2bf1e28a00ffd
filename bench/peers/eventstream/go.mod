module eventstream

go 1.19

require github.com/donovanhide/eventsource v0.0.0-20210830082556-c59027999da0
